package io.comfyfleet.bench;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.launch.FleetFailure;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Publishes plain JSON to {@code fleet.intake}, each message until the broker has confirmed it.
 * Safe for all threads, one message at a time.
 */
final class IntakeDoor implements AutoCloseable {

  private static final String QUEUE = "fleet.intake";
  private static final Duration CONFIRM_LIMIT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final String uri;
  private final AtomicBoolean returned = new AtomicBoolean();
  private @Nullable Connection connection;

  IntakeDoor(String uri) {
    this.uri = uri;
  }

  /**
   * Returns when the broker has taken the message.
   *
   * @param jobId its job, by which its answer is known
   */
  synchronized void publish(UUID jobId, byte[] body) {
    BasicProperties properties =
        new BasicProperties.Builder()
            .contentType("application/json")
            .deliveryMode(2)
            .replyTo(Reply.QUEUE)
            .correlationId(jobId.toString())
            .build();
    Instant limit = Instant.now().plus(PATIENCE);
    Exception last = null;
    while (Instant.now().isBefore(limit)) {
      try {
        if (publishOnce(properties, body)) {
          return;
        }
      } catch (IOException | TimeoutException | ShutdownSignalException e) {
        last = e;
        close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FleetFailure("Interrupted", e);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    throw new FleetFailure("The broker did not take a message for " + QUEUE + ": " + last, last);
  }

  private boolean publishOnce(BasicProperties properties, byte[] body)
      throws IOException, TimeoutException, InterruptedException {
    if (connection == null || !connection.isOpen()) {
      connection = Amqp.connect(uri, "chaos intake", false);
    }
    try (Channel channel = connection.createChannel()) {
      returned.set(false);
      channel.addReturnListener(message -> returned.set(true));
      channel.confirmSelect();
      channel.basicPublish("", QUEUE, true, properties, body);
      return channel.waitForConfirms(CONFIRM_LIMIT.toMillis()) && !returned.get();
    }
  }

  @Override
  public synchronized void close() {
    if (connection != null) {
      try {
        connection.abort(1000);
      } catch (AlreadyClosedException e) {
        // That is what was wanted.
      }
      connection = null;
    }
  }
}
