package io.comfyfleet.broker;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.KeyManagementException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * An AMQP URI, checked. {@link #toString()} leaves the password out.
 *
 * @param uri the full URI, credentials included
 */
record AmqpAddress(String uri) {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final int CONNECT_TIMEOUT_MS = 10_000;

  AmqpAddress {
    URI parsed = URI.create(uri);
    String scheme = parsed.getScheme();
    if (!("amqp".equals(scheme) || "amqps".equals(scheme)) || parsed.getHost() == null) {
      throw new IllegalArgumentException(
          "Broker address must look like amqp://user:password@host:5672/vhost, but its scheme is "
              + scheme
              + " and its host "
              + parsed.getHost());
    }
  }

  static AmqpAddress of(String uri) {
    return new AmqpAddress(uri);
  }

  AmqpAddress withVirtualHost(String name) {
    URI parsed = URI.create(uri);
    String query = parsed.getRawQuery() == null ? "" : "?" + parsed.getRawQuery();
    String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    return new AmqpAddress(
        parsed.getScheme() + "://" + parsed.getRawAuthority() + "/" + encoded + query);
  }

  /**
   * Connects once and asks for the server's version.
   *
   * @throws BrokerUnavailable when the broker does not answer within ten seconds or refuses
   */
  String serverVersion() {
    try {
      var factory = new ConnectionFactory();
      factory.setUri(uri);
      factory.setConnectionTimeout(CONNECT_TIMEOUT_MS);
      factory.setAutomaticRecoveryEnabled(false);
      try (Connection connection = factory.newConnection("comfyfleet-broker-finder")) {
        return String.valueOf(connection.getServerProperties().get("version"));
      }
    } catch (IOException | TimeoutException e) {
      throw new BrokerUnavailable(
          "RabbitMQ at " + this + " did not accept a connection: " + reason(e), e);
    } catch (URISyntaxException | NoSuchAlgorithmException | KeyManagementException e) {
      throw new BrokerUnavailable("Cannot use the broker address " + this + ": " + reason(e), e);
    }
  }

  /** Waits until {@link #serverVersion()} succeeds; its last failure is thrown when it does not. */
  void awaitAccepting(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        serverVersion();
        return;
      } catch (BrokerUnavailable e) {
        if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  private static String reason(Exception e) {
    Throwable cause = e.getMessage() == null && e.getCause() != null ? e.getCause() : e;
    return cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }

  @Override
  public String toString() {
    URI parsed = URI.create(uri);
    String port = parsed.getPort() < 0 ? "" : ":" + parsed.getPort();
    return parsed.getScheme() + "://" + parsed.getHost() + port + parsed.getRawPath();
  }
}
