package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a producer that has read so many messages of a run of two as a test says. */
class SubmitterTest {

  private final AtomicInteger read = new AtomicInteger();
  private final AtomicInteger looks = new AtomicInteger();
  private final List<Integer> cancelledAt = new CopyOnWriteArrayList<>();
  private final Ledger ledger = new Ledger();

  private HttpServer producer;

  @BeforeEach
  void start() throws IOException {
    producer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    producer.createContext("/api/runs/r1", this::look);
    producer.createContext("/api/runs/r1/cancel", this::cancel);
    producer.start();
  }

  @AfterEach
  void stop() {
    producer.stop(0);
  }

  /** The producer refuses a message of a run that has ended, which is no fault of its. */
  @Test
  void runFromTheIntakeIsCancelledOnlyWhenAllOfItsMessagesWereRead() {
    read.set(1);

    Submitter submitter = submit(Duration.ofMinutes(5));

    await().until(() -> looks.get() > 1 || !cancelledAt.isEmpty());
    assertThat(cancelledAt).isEmpty();
    assertThat(ledger.askedToCancel()).isEmpty();

    read.set(2);

    await().until(submitter::isDone);
    assertThat(cancelledAt).containsExactly(2);
    assertThat(ledger.askedToCancel()).containsExactly("r1");
    assertThat(ledger.cancels()).isEqualTo(Map.of(Ledger.Cancel.DONE, 1));
  }

  @Test
  void runFromTheIntakeThatIsNotReadInTimeIsNotCancelled() {
    read.set(0);

    Submitter submitter = submit(Duration.ZERO);

    await().until(submitter::isDone);
    assertThat(cancelledAt).isEmpty();
    assertThat(ledger.askedToCancel()).isEmpty();
    assertThat(ledger.cancels()).isEqualTo(Map.of(Ledger.Cancel.TOO_EARLY, 1));
    assertThat(ledger.refusals()).isEmpty();
  }

  private Submitter submit(Duration readingLimit) {
    URI base = URI.create("http://127.0.0.1:" + producer.getAddress().getPort());
    Submitter submitter =
        new Submitter(
            new Api(base, Duration.ofSeconds(30)), (jobId, body) -> {}, ledger, readingLimit);
    JobPlan first = job(1);
    JobPlan second = job(2);
    RunPlan run =
        new RunPlan("r1", Duration.ZERO, true, List.of(first, second), null, Duration.ZERO);
    submitter.begin(new Workload(List.of(run)), Instant.now());
    return submitter;
  }

  private static JobPlan job(int number) {
    return new JobPlan(new UUID(1, number), "image", false, 0.1, number, false, null);
  }

  private void look(HttpExchange exchange) throws IOException {
    looks.incrementAndGet();
    String jobs = String.join(",", Collections.nCopies(read.get(), "{}"));
    answer(exchange, read.get() == 0 ? 404 : 200, "{\"jobs\":[" + jobs + "]}");
  }

  private void cancel(HttpExchange exchange) throws IOException {
    cancelledAt.add(read.get());
    answer(exchange, 200, "{}");
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
