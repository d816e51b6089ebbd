package io.comfyfleet.bench;

import com.rabbitmq.client.AMQP.Queue.DeclareOk;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.comfyfleet.launch.FleetFailure;
import java.io.IOException;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Connections of the bench's own to the broker; faults of the network do not touch them. */
final class Amqp {

  /** The queues that are empty when the fleet has nothing to do. */
  static final List<String> WORK =
      List.of(
          "fleet.intake",
          "fleet.jobs.image",
          "fleet.jobs.video",
          "fleet.results",
          "fleet.elsewhere",
          "fleet.retry.1s",
          "fleet.retry.5s",
          "fleet.retry.15s",
          "fleet.retry.60s",
          "fleet.retry.300s");

  private static final List<String> FOR_READERS = List.of("fleet.dead", "fleet.runs.completed");

  private Amqp() {}

  /**
   * @param recovers whether the client reconnects and consumes again by itself
   */
  static Connection connect(String uri, String name, boolean recovers)
      throws IOException, TimeoutException {
    var factory = new ConnectionFactory();
    try {
      factory.setUri(uri);
    } catch (URISyntaxException | GeneralSecurityException e) {
      throw new FleetFailure("Cannot use the broker's address: " + e.getMessage(), e);
    }
    factory.setAutomaticRecoveryEnabled(recovers);
    factory.setNetworkRecoveryInterval(1000);
    factory.setConnectionTimeout(5000);
    return factory.newConnection(name);
  }

  /**
   * Refuses a broker on which a fleet lives: its jobs would be struck, and its letters taken.
   *
   * @throws FleetFailure naming the queue that is in use
   */
  static void requireUnused(String uri) {
    try (Connection connection = connect(uri, "chaos check", false)) {
      for (String queue : Stream.of(WORK, FOR_READERS).flatMap(List::stream).toList()) {
        DeclareOk found = find(connection, queue).orElse(null);
        if (found == null) {
          continue;
        }
        if (found.getMessageCount() > 0 || found.getConsumerCount() > 0) {
          throw new FleetFailure(
              "Queue %s of the given broker holds %d messages and has %d consumers; give a virtual host of its own"
                  .formatted(queue, found.getMessageCount(), found.getConsumerCount()));
        }
      }
    } catch (IOException | TimeoutException e) {
      throw new FleetFailure("Cannot look at the broker's queues: " + e, e);
    }
  }

  /** What the broker tells about a queue; empty when there is none. */
  static Optional<DeclareOk> find(Connection connection, String queue) throws IOException {
    Channel channel = connection.createChannel();
    DeclareOk found;
    try {
      found = channel.queueDeclarePassive(queue);
    } catch (IOException e) {
      // No such queue; the refusal has closed the channel.
      return Optional.empty();
    }
    channel.abort();
    return Optional.of(found);
  }
}
