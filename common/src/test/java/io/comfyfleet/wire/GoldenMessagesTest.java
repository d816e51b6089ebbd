package io.comfyfleet.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.comfyfleet.job.DeadLettered;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The published schemas, the golden messages and the records say the same. */
class GoldenMessagesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path SCHEMAS = Path.of("../docs/schemas");
  private static final JsonMapper JSON = JsonMapper.shared();

  private final MessageCodec codec = new MessageCodec();
  private final Map<String, UnaryOperator<byte[]>> roundTrips =
      Map.of(
          "job", bytes -> codec.encode(codec.decodeJob(bytes)),
          "result", bytes -> codec.encode(codec.decodeResult(bytes)),
          "run-completed", bytes -> codec.encode(codec.decodeRunCompleted(bytes)),
          "dead-lettered", bytes -> codec.encode(codec.decodeDeadLettered(bytes)),
          "heartbeat", bytes -> codec.encode(codec.decodeEvent(bytes)),
          "progress", bytes -> codec.encode(codec.decodeEvent(bytes)),
          "control", bytes -> codec.encode(codec.decodeControl(bytes)),
          "job-request", bytes -> bytes);

  static Stream<Path> goldenMessages() throws IOException {
    return Files.list(GOLDEN).sorted();
  }

  @ParameterizedTest
  @MethodSource("goldenMessages")
  void goldenMessageIsValidUnderItsPublishedSchema(Path golden) throws IOException {
    assertThat(schema(kind(golden)).validate(Files.readString(golden), InputFormat.JSON)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("goldenMessages")
  void goldenMessageSurvivesReadingAndWriting(Path golden) throws IOException {
    byte[] bytes = Files.readAllBytes(golden);

    byte[] again = roundTrips.get(kind(golden)).apply(bytes);

    assertThat(JSON.readTree(again)).isEqualTo(JSON.readTree(bytes));
  }

  @Test
  void everyRecordComponentIsInItsSchemaAndNothingElse() throws IOException {
    assertSameFields("job", Job.class);
    assertSameFields("result", Result.class);
    assertSameFields("run-completed", RunCompleted.class);
    assertSameFields("dead-lettered", DeadLettered.class);
    assertSameFields("heartbeat", Heartbeat.class);
    assertSameFields("progress", JobProgress.class);
  }

  @Test
  void everyErrorCodeIsInTheResultSchema() throws IOException {
    JsonNode codes = json("result").at("/$defs/error/properties/code/enum");

    Set<String> published =
        codes.valueStream().map(JsonNode::stringValue).collect(Collectors.toSet());

    assertThat(published)
        .isEqualTo(
            Arrays.stream(ErrorCode.values()).map(ErrorCode::wireName).collect(Collectors.toSet()));
  }

  @Test
  void schemaRefusesAPriorityOutOfRange() throws IOException {
    String job =
        Files.readString(GOLDEN.resolve("job.image.json"))
            .replace("\"priority\": 7", "\"priority\": 11");

    assertThat(schema("job").validate(job, InputFormat.JSON)).hasSize(1);
  }

  private static void assertSameFields(String name, Class<? extends Record> type)
      throws IOException {
    Set<String> published = new TreeSet<>(json(name).path("properties").propertyNames());
    published.remove("version");
    published.remove("kind");

    Set<String> components =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getName)
            .map(camel -> camel.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(published).as(name).isEqualTo(components);
  }

  private static String kind(Path golden) {
    String file = golden.getFileName().toString();
    return file.substring(0, file.indexOf('.'));
  }

  private static JsonNode json(String name) throws IOException {
    return JSON.readTree(Files.readString(SCHEMAS.resolve(name + ".schema.json")));
  }

  private static Schema schema(String name) throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(Files.readString(SCHEMAS.resolve(name + ".schema.json")), InputFormat.JSON);
  }
}
