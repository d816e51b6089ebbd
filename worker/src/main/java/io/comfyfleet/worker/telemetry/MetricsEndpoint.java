package io.comfyfleet.worker.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.comfyfleet.telemetry.LogKeys;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code GET /metrics} in Prometheus' text format. The JDK's server: one thread that sleeps
 * between two questions is all that a machine beside a GPU should pay.
 */
final class MetricsEndpoint implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MetricsEndpoint.class);
  private static final String PATH = "/metrics";
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final PrometheusMeterRegistry registry;

  private MetricsEndpoint(HttpServer server, PrometheusMeterRegistry registry) {
    this.server = server;
    this.registry = registry;
  }

  /**
   * Opens the port.
   *
   * @throws UncheckedIOException when it is taken
   */
  static MetricsEndpoint open(String address, int port, PrometheusMeterRegistry registry) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
      MetricsEndpoint endpoint = new MetricsEndpoint(server, registry);
      server.createContext(PATH, endpoint::answer);
      server.start();
      log.atInfo()
          .addKeyValue(LogKeys.URL, "http://" + address + ":" + endpoint.port() + PATH)
          .log("metrics");
      return endpoint;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot open "
              + address
              + ":"
              + port
              + " for fleet.metrics.port ("
              + e.getMessage()
              + "); each worker of a machine needs a port of its own",
          e);
    }
  }

  /** The port that it listens on. */
  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals(PATH)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      byte[] body = registry.scrape().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", TEXT);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
