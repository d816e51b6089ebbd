package io.comfyfleet.worker.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls with a time limit for the whole answer. The client's own limit ends with the headers (JDK
 * 25), so that a server which stops in the middle of its answer would be waited for without end.
 */
public final class WholeAnswer {
  private WholeAnswer() {}

  /**
   * Sends, and waits for the answer that the handler makes.
   *
   * @param request must have a timeout
   * @throws HttpTimeoutException when the answer was not complete in time
   * @throws IOException when the connection broke, or the handler failed
   * @throws InterruptedException when the wait was interrupted; the call is cancelled
   */
  public static <T> HttpResponse<T> of(HttpClient http, HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    Duration limit = request.timeout().orElseThrow();
    CompletableFuture<HttpResponse<T>> answer = http.sendAsync(request, handler);
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("not answered to its end within " + limit.toMillis() + " ms");
    } finally {
      // Without effect when the answer is there.
      answer.cancel(true);
    }
  }
}
