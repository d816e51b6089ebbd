package io.comfyfleet.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * One dead letter.
 *
 * @param jobId the job; empty when the body names none
 * @param reason an error code; {@code delivery_limit} for the broker's own letters
 * @param words the reason in words; empty when there are none
 * @param failures the attempts that the message had behind it, and the last one
 */
record Letter(String jobId, String reason, String words, List<JobEnd.FailedAttempt> failures) {

  private static final String QUEUE = "fleet.dead";
  private static final String BY_BROKER = "delivery_limit";

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

  private static Letter of(GetResponse got) {
    Map<String, Object> headers = got.getProps().getHeaders();
    Map<String, Object> known = headers == null ? Map.of() : headers;
    JsonNode body;
    try {
      body = ProducerClient.JSON.readTree(got.getBody());
    } catch (JacksonException e) {
      body = ProducerClient.JSON.createObjectNode();
    }
    String reason = text(known, "x-fleet-reason");
    List<JobEnd.FailedAttempt> failures = new ArrayList<>(JobEnd.attempts(body));
    if (!reason.isEmpty()) {
      String at = text(known, "x-fleet-died-at");
      Instant died = at.isEmpty() ? Instant.now() : Instant.parse(at);
      failures.add(new JobEnd.FailedAttempt(text(known, "x-fleet-node"), died, reason));
    }
    return new Letter(
        body.path("job_id").asString(""),
        reason.isEmpty() ? BY_BROKER : reason,
        text(known, "x-fleet-error"),
        failures);
  }

  private static String text(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? "" : value.toString();
  }
}
