package io.comfyfleet.bench;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The receiver of the runs' ends: an own durable queue on {@code fleet.runs}, so that nothing is
 * dropped while it is away. Keeps every delivery but those that the broker repeats because this
 * receiver's own acknowledgement was lost. Safe for all threads.
 */
final class Answers implements AutoCloseable {

  private static final String QUEUE = "chaos.answers";

  private final List<Answer> answers = new ArrayList<>();
  private final List<Instant> arrivals = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();
  private final Connection connection;
  private final Channel channel;

  /**
   * One {@code run.completed}.
   *
   * @param runId the run
   * @param key {@code x-fleet-idempotency-key}; null when it had none
   * @param status the run's status
   * @param completedAt when the run was closed
   * @param hasResults whether it carries results; the producer leaves out what would exceed the
   *     limit of a message
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

    boolean tellsOf(String jobId) {
      return ends.stream().anyMatch(end -> end.jobId().equals(jobId));
    }
  }

  /** Begins to receive; the exchange must be there. */
  Answers(String uri) {
    try {
      connection = Amqp.connect(uri, "chaos answers", true);
      channel = connection.createChannel();
      channel.queueDeclare(QUEUE, true, false, false, Map.of());
      channel.queueBind(QUEUE, "fleet.runs", "run.completed");
      channel.basicConsume(QUEUE, false, (tag, delivery) -> take(delivery), tag -> {});
    } catch (IOException | TimeoutException e) {
      throw new FleetFailure("Cannot receive the runs' ends: " + e, e);
    }
  }

  synchronized List<Answer> all() {
    return List.copyOf(answers);
  }

  /** When each of {@link #all()} came. */
  synchronized List<Instant> arrivals() {
    return List.copyOf(arrivals);
  }

  /** Why some could not be read. */
  synchronized List<String> unreadable() {
    return List.copyOf(unreadable);
  }

  synchronized Set<String> runs() {
    return answers.stream().map(Answer::runId).collect(Collectors.toSet());
  }

  @Override
  public void close() {
    try {
      channel.queueDelete(QUEUE);
      connection.close(2000);
    } catch (IOException | AlreadyClosedException e) {
      connection.abort(1000);
    }
  }

  private void take(Delivery delivery) throws IOException {
    try {
      Answer answer = read(delivery);
      synchronized (this) {
        if (!delivery.getEnvelope().isRedeliver() || !answers.contains(answer)) {
          answers.add(answer);
          arrivals.add(Instant.now());
        }
      }
    } catch (JacksonException | DateTimeException e) {
      synchronized (this) {
        unreadable.add(e.getMessage());
      }
    }
    try {
      channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
    } catch (AlreadyClosedException e) {
      // It comes again, marked as redelivered.
    }
  }

  private static Answer read(Delivery delivery) {
    JsonNode body = ProducerClient.JSON.readTree(delivery.getBody());
    Map<String, Object> headers = delivery.getProperties().getHeaders();
    Object key = headers == null ? null : headers.get("x-fleet-idempotency-key");
    List<JobEnd> ends = new ArrayList<>();
    body.path("results").forEach(result -> ends.add(JobEnd.of(result)));
    return new Answer(
        body.path("run_id").asString(),
        key == null ? null : key.toString(),
        body.path("status").asString(),
        Instant.parse(body.path("completed_at").asString()),
        body.path("results").isArray(),
        ends);
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
