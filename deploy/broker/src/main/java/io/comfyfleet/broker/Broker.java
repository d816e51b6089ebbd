package io.comfyfleet.broker;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One RabbitMQ that can be used now. Safe for use by several threads; every call that changes the
 * broker blocks until the change is in effect.
 */
public sealed interface Broker extends AutoCloseable permits GivenBroker, StartedBroker {

  /**
   * Where clients connect, credentials included: {@code amqp://user:password@host:port/vhost}, the
   * virtual host percent-encoded, absent for the default one.
   */
  String uri();

  /**
   * As {@link #uri()}, for another virtual host.
   *
   * @param virtualHost its name, not encoded
   */
  default String uri(String virtualHost) {
    return AmqpAddress.of(uri()).withVirtualHost(virtualHost).uri();
  }

  /**
   * Base of the management HTTP API and page, credentials not included, for example {@code
   * http://127.0.0.1:15672}; null when none is known.
   */
  @Nullable URI managementUri();

  /** Version the server reports, for example {@code 4.3.6}. */
  String version();

  /** One line for people: what kind of broker this is, its version and where it listens. */
  String description();

  /** Whether the fault handles below work; false for a broker that somebody else runs. */
  boolean isControllable();

  /**
   * Stops RabbitMQ's application: listeners and connections close, durable data stays.
   *
   * @throws UnsupportedOperationException when the broker is not controllable
   */
  void stop();

  /** Starts what {@link #stop()} stopped, on the same ports. */
  void start();

  /** {@link #stop()}, then {@link #start()}. */
  default void restart() {
    stop();
    start();
  }

  /** Closes every client connection from the broker's side (320 CONNECTION_FORCED). */
  void closeAllConnections();

  /**
   * Raises the memory alarm, which blocks every connection that publishes until {@link
   * #clearMemoryAlarm()}. Applies to the whole broker, not to one virtual host.
   */
  void raiseMemoryAlarm();

  /** Ends the alarm raised by {@link #raiseMemoryAlarm()}. */
  void clearMemoryAlarm();

  /**
   * Sets how long consumers without a limit of their own may hold a delivery unsettled, for the
   * whole broker and from now on (RabbitMQ's {@code consumer_timeout}, 30 minutes by default).
   */
  void consumerTimeout(Duration limit);

  /** Creates a virtual host in which the user of {@link #uri()} may do everything. */
  void createVirtualHost(String name);

  /** Deletes a virtual host with all its queues; does nothing when there is none of that name. */
  void deleteVirtualHost(String name);

  /** Ends the broker if it was started here. Does nothing when called again. */
  @Override
  void close();
}
