package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The producer over HTTP as a stubborn caller uses it: every call is repeated until an answer comes
 * that is final. Safe for all threads; blocks.
 */
final class Api {

  private static final Duration CALL_LIMIT = Duration.ofSeconds(15);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int AT_ONCE = 8;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final URI base;
  private final Duration patience;

  /**
   * @param patience how long a call is repeated
   */
  Api(URI base, Duration patience) {
    this.base = base;
    this.patience = patience;
  }

  /**
   * An answer that another try would not change.
   *
   * @param status HTTP status: 2xx, or 4xx other than 408, 425 and 429
   * @param body its text
   */
  record Answer(int status, String body) {
    boolean isSuccess() {
      return status / 100 == 2;
    }
  }

  /**
   * @param key {@code Idempotency-Key}; null for none
   */
  Answer post(String path, String body, @Nullable String key) {
    HttpRequest.Builder request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    return send(request.build());
  }

  Answer get(String path) {
    return send(request(path).GET().build());
  }

  /**
   * A file.
   *
   * @param url absolute, or relative to the producer
   * @return its bytes; empty when there is none
   */
  Optional<byte[]> file(String url) {
    HttpResponse<byte[]> answer = send(request(url).GET().build(), BodyHandlers.ofByteArray());
    return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(CALL_LIMIT);
  }

  private Answer send(HttpRequest request) {
    HttpResponse<String> answer = send(request, BodyHandlers.ofString());
    return new Answer(answer.statusCode(), answer.body());
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    Instant limit = Instant.now().plus(patience);
    String last = "no answer";
    while (Instant.now().isBefore(limit)) {
      try {
        places.acquire();
        try {
          HttpResponse<T> answer = http.send(request, handler);
          if (isFinal(answer.statusCode())) {
            return answer;
          }
          last = answer.statusCode() + " " + answer.body();
        } finally {
          places.release();
        }
      } catch (IOException e) {
        last = e.toString();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FleetFailure("Interrupted", e);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    throw new FleetFailure(
        "%s %s had no final answer within %d s: %s"
            .formatted(request.method(), request.uri(), patience.toSeconds(), last));
  }

  private static boolean isFinal(int status) {
    return status / 100 == 2
        || status / 100 == 4 && status != 408 && status != 425 && status != 429;
  }
}
