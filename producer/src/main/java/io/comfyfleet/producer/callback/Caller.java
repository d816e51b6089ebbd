package io.comfyfleet.producer.callback;

import io.comfyfleet.outbound.OutboundRule;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Makes one call. Thread-safe. */
@Component
class Caller implements AutoCloseable {
  private static final int CONFLICT = 409;
  private static final int GONE = 410;

  /** Not now, says the receiver: n8n answers 409 while the caller's own workflow still runs. */
  private static final Set<Integer> LATER = Set.of(408, CONFLICT, 425, 429);

  /**
   * In the body of n8n's other 409s: the workflow was resumed before, or failed (2.41.1, {@code
   * waiting-webhooks.ts}: "has finished already", "has finished with error").
   */
  private static final String FINISHED = "has finished";

  private static final int WORDS_BYTES = 2_000;
  private static final Duration LONGEST_WORDS = Duration.ofSeconds(5);

  private final OutboundRule rule;
  private final Duration timeout;
  private final @Nullable Signature signature;
  private final HttpClient client;

  Caller(CallbackSettings settings) {
    this.rule = settings.rule();
    this.timeout = settings.timeout();
    String secret = settings.secret();
    this.signature = secret == null || secret.isBlank() ? null : new Signature(secret);
    this.client =
        HttpClient.newBuilder()
            // An offer of HTTP/2 in clear text makes some servers refuse a POST.
            .version(HttpClient.Version.HTTP_1_1)
            // The address was checked; where it would send us was not.
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.timeout())
            .build();
  }

  Answer call(Callback callback, byte[] body) throws InterruptedException {
    // The operator may have narrowed the list, or the name may point elsewhere by now.
    if (!rule.allows(callback.url())) {
      return new Answer.Refused(null, "The address " + rule.refusal(callback.url()));
    }
    try {
      HttpResponse<InputStream> response =
          client.send(request(callback, body), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream said = response.body()) {
        return answer(response, response.statusCode() == CONFLICT ? words(said) : "");
      }
    } catch (IOException e) {
      return new Answer.Later(
          null, "No answer from " + callback.url().getHost() + ": " + e, Duration.ZERO);
    }
  }

  private HttpRequest request(Callback callback, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(callback.url())
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("User-Agent", "comfyfleet")
            .header("Idempotency-Key", callback.idempotencyKey())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (signature != null) {
      long now = Instant.now().getEpochSecond();
      request.header("webhook-id", callback.idempotencyKey());
      request.header("webhook-timestamp", Long.toString(now));
      request.header("webhook-signature", signature.of(callback.idempotencyKey(), now, body));
    }
    return request.build();
  }

  /**
   * How a body begins. The client limits the wait for the head only, and a receiver that never ends
   * its body must not hold us: nothing is known of it then.
   */
  private String words(InputStream body) {
    CompletableFuture<String> words = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try {
        words.complete(new String(body.readNBytes(WORDS_BYTES), StandardCharsets.UTF_8));
      } catch (IOException e) {
        words.complete("");
      }
    });
    Duration wait = timeout.compareTo(LONGEST_WORDS) < 0 ? timeout : LONGEST_WORDS;
    return words.completeOnTimeout("", wait.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  private static Answer answer(HttpResponse<?> response, String words) {
    int status = response.statusCode();
    if (status / 100 == 2) {
      return new Answer.Taken(status);
    }
    String reason = "The receiver answered " + status;
    if (status == GONE) {
      return new Answer.Gone(status, reason + ": it is gone");
    }
    if (status == CONFLICT && words.contains(FINISHED)) {
      return new Answer.Gone(status, reason + ": its workflow has finished");
    }
    if (LATER.contains(status) || status >= 500) {
      return new Answer.Later(status, reason, retryAfter(response));
    }
    return new Answer.Refused(
        status, status / 100 == 3 ? reason + "; redirects are not followed" : reason);
  }

  private static Duration retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(value -> value.matches("\\d{1,6}"))
        .map(value -> Duration.ofSeconds(Long.parseLong(value)))
        .orElse(Duration.ZERO);
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
