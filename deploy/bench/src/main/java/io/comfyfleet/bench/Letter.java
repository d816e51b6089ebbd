package io.comfyfleet.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * One dead letter.
 *
 * @param jobId the job; empty when the body names none
 * @param reason an error code; in the broker's own letters why it gave up, for example {@code
 *     delivery_limit}
 * @param words the reason in words; empty when there are none
 * @param died when it was given up
 * @param repeated whether its sender said that the broker may have it already
 * @param failures the attempts that the message had behind it, and the last one
 */
record Letter(
    String jobId,
    String reason,
    String words,
    Instant died,
    boolean repeated,
    List<JobEnd.FailedAttempt> failures) {

  private static final String QUEUE = "fleet.dead";
  private static final String UNKNOWN = "unknown";

  Letter {
    failures = List.copyOf(failures);
  }

  /** Takes all letters from their queue. */
  static List<Letter> takeAll(String uri) {
    List<Letter> letters = new ArrayList<>();
    try (Connection connection = Amqp.connect(uri, "chaos letters", false);
        Channel channel = connection.createChannel()) {
      for (GetResponse got; (got = channel.basicGet(QUEUE, true)) != null; ) {
        letters.add(of(got));
      }
      return letters;
    } catch (IOException | TimeoutException e) {
      throw new FleetFailure("Cannot read the dead letters: " + e, e);
    }
  }

  static Letter of(GetResponse got) {
    Map<String, Object> headers = got.getProps().getHeaders();
    Map<String, Object> known = headers == null ? Map.of() : headers;
    JsonNode body;
    try {
      body = ProducerClient.JSON.readTree(got.getBody());
    } catch (JacksonException e) {
      body = ProducerClient.JSON.createObjectNode();
    }
    String ours = text(known, "x-fleet-reason");
    Map<?, ?> death = latestDeath(known);
    String reason =
        Stream.of(ours, text(death, "reason"), UNKNOWN)
            .filter(name -> !name.isEmpty())
            .findFirst()
            .orElseThrow();
    String at = text(known, "x-fleet-died-at");
    Instant died = Instant.now();
    if (!ours.isEmpty() && !at.isEmpty()) {
      died = Instant.parse(at);
    } else if (death.get("time") instanceof Date time) {
      died = time.toInstant();
    }
    List<JobEnd.FailedAttempt> failures = new ArrayList<>(JobEnd.attempts(body));
    failures.add(new JobEnd.FailedAttempt(text(known, "x-fleet-node"), died, reason));
    return new Letter(
        body.path("job_id").asString(""),
        reason,
        text(known, "x-fleet-error"),
        died,
        known.containsKey("x-fleet-repeated"),
        failures);
  }

  /** The broker puts the latest first; empty when there was none. */
  private static Map<?, ?> latestDeath(Map<String, Object> headers) {
    return headers.get("x-death") instanceof List<?> deaths
            && !deaths.isEmpty()
            && deaths.getFirst() instanceof Map<?, ?> death
        ? death
        : Map.of();
  }

  private static String text(Map<?, ?> headers, String name) {
    Object value = headers.get(name);
    return value == null ? "" : value.toString();
  }
}
