package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The OpenAPI document, the checked-in copy of it, and what the program really does. */
class ApiDocumentIT {
  private static final Path CHECKED_IN = Path.of("../docs/openapi.yaml");
  private static final Path SERVED = Path.of("target/openapi.yaml");

  /** Their answers are no JSON. */
  private static final Set<String> STREAMS =
      Set.of("runEvents", "exportDeadLetters", "artifact", "namedArtifact");

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;
  private static ApiDocument document;
  private static Map<String, String> places;

  /** A node, a job that succeeded, and one that is a dead letter. */
  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
    worker.awaitTopology();
    producer.post("/api/comfyui/dispatch", Producer.image("a fox that dies"));
    FakeWorker.Taken dead = worker.take(Topology.laneQueue("image"));
    worker.giveUp(dead, ErrorCode.BAD_WORKFLOW, "no such node", "gpu-1", Instant.now());
    producer.post(
        "/api/comfyui/dispatch",
        Map.of("type", "image", "prompt", "a fox", "callback_url", "http://127.0.0.1:9/?secret"));
    Job job = worker.take(Topology.laneQueue("image")).job();
    worker.succeed(job);
    producer.get("/api/jobs/" + job.jobId() + "?wait=30");
    worker.tell(FakeWorker.beat("gpu-1", NodeState.ONLINE, job));
    await("the node").until(() -> producer.get("/api/nodes/gpu-1").status() == 200);
    String letter = producer.get("/api/dead-letters").body().at("/letters/0/id").asString();
    places =
        Map.of(
            "/api/image",
            job.jobId().toString(),
            "/api/jobs",
            job.jobId().toString(),
            "/api/runs",
            job.runId(),
            "/api/nodes",
            "gpu-1",
            "/api/dead-letters",
            letter,
            "/api/templates",
            "image");
    document = new ApiDocument(producer.get("/v3/api-docs").body());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  @Test
  void checkedInDocumentIsTheServedOne() throws Exception {
    String served = producer.text("/v3/api-docs.yaml");
    Files.writeString(SERVED, served);

    assertThat(Files.exists(CHECKED_IN) ? Files.readString(CHECKED_IN) : "")
        .as(
            "docs/openapi.yaml is not what the program serves; renew it by"
                + " cp producer/target/openapi.yaml docs/openapi.yaml")
        .isEqualTo(served);
  }

  @Test
  void onlyTheApiOfProgramsIsDescribed() {
    assertThat(document.operations())
        .isNotEmpty()
        .allSatisfy(operation -> {
          assertThat(operation.path()).startsWith("/api/");
          assertThat(operation.json().get("tags")).as(operation.path()).hasSize(1);
          assertThat(operation.json().path("summary").asString("")).isNotBlank();
          assertThat(operation.json().path("description").asString("")).isNotBlank();
        });
    assertThat(document.operations().stream().map(each -> each.json().get("operationId")))
        .doesNotHaveDuplicates();
  }

  @Test
  void fieldsOfRecordsAreDescribedByTheirJavadoc() {
    assertThat(words("LetterSummary", "reason"))
        .isEqualTo(
            "An error code, or the broker's reason for a letter that the broker put there;"
                + " `unknown` for one from another hand.");
    assertThat(words("RunningJob", "progress"))
        .isEqualTo("Share of the graph that is done, 0 to 1.");
  }

  @Test
  void everyFieldIsDescribed() {
    document
        .json()
        .at("/components/schemas")
        .properties()
        .forEach(schema ->
            assertThat(schema.getValue().path("properties").properties())
                .allSatisfy(field ->
                    assertThat(field.getValue().has("description") || field.getValue().has("$ref"))
                        .as(schema.getKey() + "." + field.getKey())
                        .isTrue()));
  }

  private static String words(String schema, String field) {
    return document
        .json()
        .at("/components/schemas/" + schema + "/properties/" + field + "/description")
        .asString();
  }

  @Test
  void everyExampleIsValidUnderItsSchema() {
    List<ApiDocument.Sample> examples = document.examples();

    assertThat(examples).hasSizeGreaterThan(30);
    assertThat(examples)
        .allSatisfy(example ->
            assertThat(document.errors(example.schema(), example.value(), true))
                .as(example.where())
                .isEmpty());
  }

  @Test
  void everyExampleOfARequestIsTakenByTheProgram() {
    int sent = 0;
    for (ApiDocument.Operation operation : document.operations()) {
      String where = at(operation.path()) + "?wait=0";
      for (JsonNode example :
          operation.json().at("/requestBody/content/application~1json/examples")) {
        JsonNode body = example.get("value");
        Producer.Answer answer =
            operation.method().equals("patch")
                ? producer.patch(where, body)
                : producer.post(where, body);
        assertThat(answer.status())
            .as("%s %s: %s", where, body, answer.body())
            .isIn(200, 201, 202, 404, 409, 504);
        sent++;
      }
    }

    assertThat(sent).isGreaterThan(12);
  }

  @Test
  void answersAreAsDescribed() {
    for (ApiDocument.Operation operation : document.operations()) {
      String id = operation.json().get("operationId").asString();
      if (operation.method().equals("get") && !STREAMS.contains(id)) {
        described(operation, producer.get(at(operation.path())));
      }
    }
    String text = producer.text("/api/dead-letters/export");
    assertThat(text).contains("\n");
  }

  @Test
  void answersToWhatChangesSomethingAreAsDescribed() {
    ApiDocument.Operation dispatch = document.operation("dispatch");
    Producer.Answer accepted = producer.post("/api/comfyui/dispatch", Producer.image("a fox"));
    String job = "/api/jobs/" + accepted.body().get("job_id").asString() + "/cancel";
    Map<String, Object> run = Map.of("run_id", "described", "jobs", List.of(Producer.image("x")));

    described(dispatch, accepted);
    described(dispatch, producer.post("/api/comfyui/dispatch", Map.of("type", "sound")));
    described(document.operation("cancelJob"), producer.post(job, ""));
    described(document.operation("cancelJob"), producer.post(job, ""));
    described(document.operation("submitRun"), producer.post("/api/runs", run));
    described(document.operation("cancelRun"), producer.post("/api/runs/described/cancel", ""));
    described(document.operation("pauseNode"), producer.post("/api/nodes/gpu-1/pause", ""));
    described(document.operation("pauseNode"), producer.post("/api/nodes/nobody/pause", ""));
    described(
        document.operation("replayDeadLetters"),
        producer.post("/api/dead-letters/replay", Map.of("ids", List.of("nobody"))));
  }

  private static void described(ApiDocument.Operation operation, Producer.Answer answer) {
    String where = operation.method() + " " + operation.path() + " " + answer.status();
    JsonNode schema = document.answer(operation, answer.status());

    assertThat(schema).as(where).isNotNull();
    // Read again by a mapper that knows no names, as any caller would.
    JsonNode body = JsonMapper.shared().readTree(answer.body().toString());
    assertThat(document.errors(schema, body, true)).as(where + " " + body).isEmpty();
  }

  private static String at(String template) {
    String path = template.replace("{type}", "image");
    return places.entrySet().stream()
        .filter(place -> path.startsWith(place.getKey()))
        .map(place -> path.replaceFirst("\\{\\w+}", place.getValue()))
        .findFirst()
        .orElse(path);
  }
}
