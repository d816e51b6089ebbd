package io.comfyfleet.bench;

import com.rabbitmq.client.Delivery;
import io.comfyfleet.launch.ProducerClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One {@code run.completed}.
 *
 * @param runId the run
 * @param key {@code x-fleet-idempotency-key}; null when it had none
 * @param status the run's status
 * @param completedAt when the run was closed
 * @param hasResults whether it carries results; the producer leaves out what would exceed the limit
 *     of a message
 * @param ends how its jobs ended
 */
record Answer(
    String runId,
    @Nullable String key,
    String status,
    Instant completedAt,
    boolean hasResults,
    List<JobEnd> ends) {

  Answer {
    ends = List.copyOf(ends);
  }

  static Answer of(Delivery delivery) {
    JsonNode body = ProducerClient.JSON.readTree(delivery.getBody());
    List<JobEnd> ends = new ArrayList<>();
    body.path("results").forEach(result -> ends.add(JobEnd.of(result)));
    return new Answer(
        body.path("run_id").asString(),
        key(delivery),
        body.path("status").asString(),
        Instant.parse(body.path("completed_at").asString()),
        body.path("results").isArray(),
        ends);
  }

  /** The key by which a receiver drops a repeat; null when there is none. */
  static @Nullable String key(Delivery delivery) {
    Map<String, Object> headers = delivery.getProperties().getHeaders();
    Object key = headers == null ? null : headers.get("x-fleet-idempotency-key");
    return key == null ? null : key.toString();
  }

  boolean tellsOf(String jobId) {
    return ends.stream().anyMatch(end -> end.jobId().equals(jobId));
  }

  /** Ends by job of every answer of a run. */
  static Map<String, List<JobEnd>> byJob(List<Answer> answers) {
    Map<String, List<JobEnd>> ends = new HashMap<>();
    for (Answer answer : answers) {
      answer
          .ends()
          .forEach(end -> ends.computeIfAbsent(end.jobId(), id -> new ArrayList<>()).add(end));
    }
    return ends;
  }
}
