package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Asks for pictures as n8n's HTTP node does: {@code POST /api/image/generate}, several at once,
 * each at most three times at the same address.
 */
final class Pictures {
  private static final int TRIES = 3;

  /** Where a picture takes seconds, n8n is told to wait five of them; here all is shorter. */
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);

  private static final Duration LIMIT = Duration.ofSeconds(300);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String template;

  /**
   * @param template the producer's, by name; plain wrappers ignore it
   */
  Pictures(String template) {
    this.template = template;
  }

  /**
   * What became of one.
   *
   * @param node who made it; null when nobody did
   * @param tries how many requests that took
   */
  record Picture(@Nullable String node, int tries) {}

  /**
   * Asks for all, a batch after the other, and returns when each has an answer or was given up.
   *
   * @param batch how many at once; the next batch waits for the last of this one
   * @param address where the picture with that number, from 0, is asked for
   */
  List<Picture> ask(int count, int batch, IntFunction<URI> address) {
    List<Picture> pictures = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int first = 0; first < count; first += batch) {
        List<Future<Picture>> asked = new ArrayList<>();
        for (int i = first; i < Math.min(count, first + batch); i++) {
          URI url = address.apply(i);
          asked.add(callers.submit(() -> one(url)));
        }
        for (Future<Picture> picture : asked) {
          pictures.add(picture.get());
        }
      }
    } catch (ExecutionException e) {
      throw new FleetFailure("Asking for pictures failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetFailure("Interrupted while asking for pictures", e);
    }
    return pictures;
  }

  private Picture one(URI base) throws InterruptedException {
    // ComfyUI would answer an equal graph from its cache.
    int seed = ThreadLocalRandom.current().nextInt(1 << 24);
    String body =
        ProducerClient.JSON
            .createObjectNode()
            .put("prompt", "measured")
            .put("template", template)
            .put("seed", seed)
            .toString();
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve("/api/image/generate"))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", UUID.randomUUID().toString())
            .POST(BodyPublishers.ofString(body))
            .build();
    for (int tries = 1; ; tries++) {
      String node = node(request);
      if (node != null || tries == TRIES) {
        return new Picture(node, tries);
      }
      LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
    }
  }

  /** Null when the picture did not come. */
  private @Nullable String node(HttpRequest request) throws InterruptedException {
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      return answer.statusCode() == 200
          ? ProducerClient.JSON.readTree(answer.body()).path("node").asString("?")
          : null;
    } catch (IOException e) {
      return null;
    }
  }
}
