package io.comfyfleet.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How a job ended, as an answer says.
 *
 * @param jobId the job
 * @param status {@code succeeded}, {@code failed}, {@code cancelled} or {@code expired}
 * @param nodeId the node that ended it; empty when none did
 * @param endedAt when
 * @param code why not; null when it succeeded
 * @param failures its failed attempts, the last one of a failed job included
 * @param outputs its files
 */
record JobEnd(
    String jobId,
    String status,
    String nodeId,
    Instant endedAt,
    @Nullable String code,
    List<FailedAttempt> failures,
    List<OutputFile> outputs) {

  JobEnd {
    failures = List.copyOf(failures);
    outputs = List.copyOf(outputs);
  }

  /**
   * An attempt that did not succeed.
   *
   * @param nodeId where
   * @param ended when
   * @param code why
   */
  record FailedAttempt(String nodeId, Instant ended, String code) {}

  static JobEnd of(JsonNode result) {
    List<FailedAttempt> failures = new ArrayList<>(attempts(result));
    String nodeId = result.path("node_id").asString("");
    Instant ended = Instant.parse(result.path("ended_at").asString());
    JsonNode code = result.at("/error/code");
    if (result.path("status").asString().equals("failed")) {
      failures.add(new FailedAttempt(nodeId, ended, code.asString("")));
    }
    List<OutputFile> outputs = new ArrayList<>();
    for (JsonNode output : result.path("outputs")) {
      outputs.add(
          new OutputFile(
              output.path("url").asString(""),
              output.path("size_bytes").asLong(-1),
              output.path("sha256").asString(output.path("text").asString(""))));
    }
    return new JobEnd(
        result.path("job_id").asString(),
        result.path("status").asString(),
        nodeId,
        ended,
        code.isString() ? code.asString() : null,
        failures,
        outputs);
  }

  /** The failed attempts that a job's message or result tells of. */
  static List<FailedAttempt> attempts(JsonNode message) {
    List<FailedAttempt> attempts = new ArrayList<>();
    for (JsonNode attempt : message.path("attempts")) {
      attempts.add(
          new FailedAttempt(
              attempt.path("node_id").asString(""),
              Instant.parse(attempt.path("ended_at").asString()),
              attempt.at("/error/code").asString("")));
    }
    return attempts;
  }

  boolean isSucceeded() {
    return status.equals("succeeded");
  }
}
