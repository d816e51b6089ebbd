package io.comfyfleet.bench;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import io.comfyfleet.launch.FleetFailure;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import tools.jackson.core.JacksonException;

/**
 * A receiver with a durable queue of its own, so that nothing is dropped while it is away. Keeps
 * every delivery but those that the broker repeats because this receiver's own acknowledgement was
 * lost. Safe for all threads.
 *
 * @param <T> what a message is read as
 */
final class Inbox<T> implements AutoCloseable {

  private final String queue;
  private final Function<Delivery, T> read;
  private final List<T> messages = new ArrayList<>();
  private final List<Instant> arrivals = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();
  private final Connection connection;
  private final Channel channel;

  /**
   * Declares the queue and begins to receive.
   *
   * @param read may throw what Jackson and {@link Instant#parse} throw
   */
  Inbox(String uri, String queue, Function<Delivery, T> read) {
    this.queue = queue;
    this.read = read;
    try {
      connection = Amqp.connect(uri, queue, true);
      channel = connection.createChannel();
      channel.queueDeclare(queue, true, false, false, Map.of());
      channel.basicConsume(queue, false, (tag, delivery) -> take(delivery), tag -> {});
    } catch (IOException | TimeoutException e) {
      throw new FleetFailure("Cannot receive from " + queue + ": " + e, e);
    }
  }

  /** Also receives what is published there; the exchange must be there. */
  Inbox<T> bind(String exchange, String key) {
    try {
      channel.queueBind(queue, exchange, key);
      return this;
    } catch (IOException e) {
      throw new FleetFailure("Cannot bind " + queue + " to " + exchange + ": " + e, e);
    }
  }

  synchronized List<T> all() {
    return List.copyOf(messages);
  }

  /** When each of {@link #all()} came. */
  synchronized List<Instant> arrivals() {
    return List.copyOf(arrivals);
  }

  /** Why some could not be read. */
  synchronized List<String> unreadable() {
    return List.copyOf(unreadable);
  }

  @Override
  public void close() {
    try {
      channel.queueDelete(queue);
      connection.close(2000);
    } catch (IOException | AlreadyClosedException e) {
      connection.abort(1000);
    }
  }

  private void take(Delivery delivery) throws IOException {
    try {
      T message = read.apply(delivery);
      synchronized (this) {
        if (!delivery.getEnvelope().isRedeliver() || !messages.contains(message)) {
          messages.add(message);
          arrivals.add(Instant.now());
        }
      }
    } catch (JacksonException | DateTimeException e) {
      synchronized (this) {
        unreadable.add(queue + ": " + e.getMessage());
      }
    }
    try {
      channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
    } catch (AlreadyClosedException e) {
      // It comes again, marked as redelivered.
    }
  }
}
