package io.comfyfleet.bench;

import com.rabbitmq.client.AMQP.Queue.DeclareOk;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The messages that the fleet still has to do something with. What waits is asked over AMQP; what
 * is in somebody's hand only the management API tells, some seconds late.
 */
final class Backlog {

  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String brokerUri;
  private final @Nullable URI management;

  /**
   * @param management null when the broker has none; then messages in hand are not seen
   */
  Backlog(String brokerUri, @Nullable URI management) {
    this.brokerUri = brokerUri;
    this.management = management;
  }

  /**
   * A line for each queue that is not empty.
   *
   * @throws FleetFailure when the broker does not tell
   */
  List<String> lines() {
    Map<String, Long> inHand = management == null ? Map.of() : inHand(management);
    List<String> lines = new ArrayList<>();
    try (Connection connection = Amqp.connect(brokerUri, "chaos backlog", false)) {
      for (String queue : Amqp.WORK) {
        long ready =
            Amqp.find(connection, queue).map(DeclareOk::getMessageCount).orElse(0).longValue();
        long taken = inHand.getOrDefault(queue, 0L);
        if (ready + taken > 0) {
          lines.add(queue + ": " + ready + " ready" + (taken > 0 ? ", " + taken + " in hand" : ""));
        }
      }
    } catch (IOException | TimeoutException e) {
      throw new FleetFailure("Cannot look at the broker's queues: " + e, e);
    }
    return lines;
  }

  private Map<String, Long> inHand(URI base) {
    var address = new ConnectionFactory();
    try {
      address.setUri(brokerUri);
      String host = URLEncoder.encode(address.getVirtualHost(), StandardCharsets.UTF_8);
      String user = address.getUsername() + ":" + address.getPassword();
      HttpRequest request =
          HttpRequest.newBuilder(base.resolve("/api/queues/" + host.replace("+", "%20")))
              .timeout(CALL_LIMIT)
              .header(
                  "Authorization",
                  "Basic "
                      + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)))
              .build();
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new FleetFailure(request.uri() + " answered " + answer.statusCode());
      }
      Map<String, Long> inHand = new HashMap<>();
      for (JsonNode queue : ProducerClient.JSON.readTree(answer.body())) {
        inHand.put(
            queue.path("name").asString(""), queue.path("messages_unacknowledged").asLong(0));
      }
      return inHand;
    } catch (URISyntaxException | GeneralSecurityException | IOException | JacksonException e) {
      throw new FleetFailure("Cannot ask " + base + " for the broker's queues: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted", e);
    }
  }
}
