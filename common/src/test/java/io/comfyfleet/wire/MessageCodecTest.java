package io.comfyfleet.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunCompleted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class MessageCodecTest {
  private final MessageCodec codec = new MessageCodec();

  @Test
  void unknownFieldsAreIgnored() throws IOException {
    ObjectNode json = golden("job.image");
    json.put("colour_of_the_sender", "blue");

    assertThat(codec.decodeJob(bytes(json)).priority()).isEqualTo(7);
  }

  @Test
  void newerVersionIsUnreadable() throws IOException {
    ObjectNode json = golden("job.image").put("version", 2);

    assertThatThrownBy(() -> codec.decodeJob(bytes(json)))
        .isInstanceOf(UnreadableMessageException.class)
        .hasMessageContaining("version 2")
        .hasMessageContaining("reads up to 1");
  }

  @Test
  void whatIsNotJsonIsUnreadable() {
    assertThatThrownBy(() -> codec.decodeJob("{\"type\":".getBytes(UTF_8)))
        .isInstanceOf(UnreadableMessageException.class)
        .hasMessageContaining("not JSON");
    assertThatThrownBy(() -> codec.decodeJob("[1]".getBytes(UTF_8)))
        .isInstanceOf(UnreadableMessageException.class)
        .hasMessageContaining("JSON object");
  }

  @Test
  void brokenFieldIsNamedWithItsLimit() throws IOException {
    ObjectNode json = golden("job.image").put("priority", 11);

    UnreadableMessageException refused =
        catchThrowableOfType(UnreadableMessageException.class, () -> codec.decodeJob(bytes(json)));

    assertThat(refused.field()).isEqualTo("priority");
    assertThat(refused).hasMessageContaining("between 1 and 10, was 11");
  }

  @Test
  void unknownTypeIsNamedWithTheKnownOnes() throws IOException {
    ObjectNode json = golden("job.image").put("type", "poem");

    UnreadableMessageException refused =
        catchThrowableOfType(UnreadableMessageException.class, () -> codec.decodeJob(bytes(json)));

    assertThat(refused.field()).isEqualTo("type");
    assertThat(refused).hasMessageContaining("image or video");
  }

  @Test
  void wrongTypeOfValueNamesThePath() throws IOException {
    ObjectNode json = golden("job.image").put("created_at", "yesterday");

    UnreadableMessageException refused =
        catchThrowableOfType(UnreadableMessageException.class, () -> codec.decodeJob(bytes(json)));

    assertThat(refused.field()).isEqualTo("created_at");
  }

  @Test
  void errorCodeOfANewerVersionIsTakenAsInternalError() throws IOException {
    ObjectNode json = golden("result.failed");
    ((ObjectNode) json.path("error")).put("code", "gpu_on_fire");

    Result result = codec.decodeResult(bytes(json));

    assertThat(result.error()).isNotNull();
    assertThat(result.error().code()).isEqualTo(ErrorCode.INTERNAL_ERROR);
  }

  @Test
  void jobAboveTheLimitIsRefusedAtTheSender() throws IOException {
    ObjectNode json = golden("job.image");
    json.putObject("metadata").put("blob", "x".repeat(MessageCodec.MAX_BYTES));
    Job job = codec.decodeJob(bytes(json));

    assertThatThrownBy(() -> codec.encode(job))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("1048576 bytes");
  }

  @Test
  void replayedJobBeginsAfreshUnderATryNameOfItsOwn() throws IOException {
    Job job = codec.decodeJob(bytes(golden("job.video-second-attempt")));

    Job again = codec.decodeJob(codec.encode(job.replayed(2, null)));

    assertThat(again.attempt()).isEqualTo(1);
    assertThat(again.attempts()).isEmpty();
    assertThat(again.replay()).isEqualTo(2);
    assertThat(again.tryName())
        .isEqualTo(job.jobId() + "/replay-2/1")
        .isNotEqualTo(job.replayed(1, null).tryName());
  }

  @Test
  void runAboveTheLimitLeavesItsResultsToTheUrl() throws IOException {
    RunCompleted run = codec.decodeRunCompleted(bytes(golden("run-completed.completed")));
    RunCompleted large =
        new RunCompleted(
            run.runId(),
            run.status(),
            run.counts(),
            Collections.nCopies(3000, run.results().getFirst()),
            run.resultsUrl(),
            run.idempotencyKey(),
            run.revision(),
            run.createdAt(),
            run.completedAt(),
            Map.of());

    byte[] bytes = codec.encode(large);

    assertThat(bytes.length).isLessThan(MessageCodec.MAX_BYTES);
    assertThat(codec.decodeRunCompleted(bytes).results()).isNull();
    assertThat(codec.decodeRunCompleted(bytes).resultsUrl()).isEqualTo(run.resultsUrl());
  }

  @Test
  void workflowKeysAreLeftAsComfyUiHasThem() throws IOException {
    ObjectNode json = golden("job.image");
    ((ObjectNode) json.at("/workflow/1/inputs")).put("camelCase_AndSnake", 1.5);

    byte[] again = codec.encode(codec.decodeJob(bytes(json)));

    assertThat(
            JsonMapper.shared()
                .readTree(again)
                .at("/workflow/1/inputs/camelCase_AndSnake")
                .asDouble())
        .isEqualTo(1.5);
  }

  @Test
  void unknownKindOfEventIsUnreadable() {
    assertThatThrownBy(() -> codec.decodeEvent("{\"kind\":\"song\"}".getBytes(UTF_8)))
        .isInstanceOf(UnreadableMessageException.class)
        .hasMessageContaining("song");
  }

  private static ObjectNode golden(String name) throws IOException {
    Path file = Path.of("src/test/resources/golden", name + ".json");
    return (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
  }

  private static byte[] bytes(ObjectNode json) {
    return JsonMapper.shared().writeValueAsBytes(json);
  }
}
