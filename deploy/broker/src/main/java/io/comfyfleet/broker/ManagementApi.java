package io.comfyfleet.broker;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.locks.LockSupport;

/** The few calls of RabbitMQ's management HTTP API that are needed here, as user {@code guest}. */
final class ManagementApi {

  private static final Duration CALL_LIMIT = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final String GUEST =
      "Basic "
          + Base64.getEncoder().encodeToString("guest:guest".getBytes(StandardCharsets.US_ASCII));

  /** RabbitMQ ends a connection whose first request has a body and asks for HTTP/2. */
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final URI base;

  ManagementApi(String host, int port) {
    base = URI.create("http://" + host + ":" + port);
  }

  URI base() {
    return base;
  }

  /** Creates the virtual host; whoever creates one over HTTP is granted everything in it. */
  void createVirtualHost(String name) {
    expect(send("PUT", "/api/vhosts/" + encoded(name), "{}"), 201, 204);
    String permissions = "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}";
    expect(send("PUT", "/api/permissions/" + encoded(name) + "/guest", permissions), 201, 204);
  }

  void deleteVirtualHost(String name) {
    expect(send("DELETE", "/api/vhosts/" + encoded(name), ""), 204, 404);
  }

  /** Waits until the API answers, which is after the AMQP listeners are open. */
  void awaitReady(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    String last = "no answer";
    while (System.nanoTime() < end) {
      try {
        HttpResponse<String> answer =
            http.send(request("GET", "/api/overview", ""), BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          return;
        }
        last = "status " + answer.statusCode();
      } catch (IOException e) {
        last = e.toString();
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    throw new BrokerUnavailable(
        "The management API at "
            + base
            + " was not ready within "
            + limit.toSeconds()
            + " s: "
            + last);
  }

  private HttpResponse<String> send(String method, String path, String body) {
    try {
      return http.send(request(method, path, body), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new BrokerUnavailable(method + " " + base + path + " failed: " + e, e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private HttpRequest request(String method, String path, String body) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(CALL_LIMIT)
        .header("Authorization", GUEST)
        .header("Content-Type", "application/json")
        .method(method, BodyPublishers.ofString(body))
        .build();
  }

  private void expect(HttpResponse<String> answer, int one, int other) {
    if (answer.statusCode() != one && answer.statusCode() != other) {
      throw new BrokerUnavailable(
          "%s %s answered %d instead of %d: %s"
              .formatted(
                  answer.request().method(),
                  answer.uri(),
                  answer.statusCode(),
                  one,
                  answer.body()));
    }
  }

  private static BrokerUnavailable interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new BrokerUnavailable("Interrupted while waiting for the management API", e);
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
