package io.comfyfleet.producer.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.callback.Callback.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class CallbackDeliveryTest {
  private static final byte[] BODY =
      "{\"run_id\":\"r1\",\"text\":\"狐\"}".getBytes(StandardCharsets.UTF_8);

  private final Deque<Integer> script = new ConcurrentLinkedDeque<>();
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final Deque<ConfigurableApplicationContext> started = new ArrayDeque<>();

  /** The body of each 409; null for one that never ends. */
  private volatile @Nullable String words = "";

  private @TempDir Path folder;
  private HttpServer receiver;
  private URI url;

  @BeforeEach
  void startReceiver() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/", this::answer);
    receiver.start();
    url =
        URI.create(
            "http://127.0.0.1:" + receiver.getAddress().getPort() + "/wait/64?signature=a%2Fb&x=1");
  }

  @AfterEach
  void stopAll() {
    started.forEach(ConfigurableApplicationContext::close);
    receiver.stop(0);
  }

  @Test
  void answerIsPostedOnceWithItsKeyAndTheWholeQuery() {
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).hasSize(1);
    Call call = calls.getFirst();
    assertThat(call.method()).isEqualTo("POST");
    assertThat(call.uri()).isEqualTo("/wait/64?signature=a%2Fb&x=1");
    assertThat(call.body()).isEqualTo(BODY);
    assertThat(call.header("Content-type")).isEqualTo("application/json");
    assertThat(call.header("Idempotency-key")).isEqualTo("run:r1");
    assertThat(call.header("Webhook-signature")).isNull();
  }

  @Test
  void receiverThatIsNotReadyYetIsAskedAgain() {
    script.addAll(List.of(409, 503, 429, 200));
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).hasSize(4);
    assertThat(calls).extracting(call -> call.header("Idempotency-key")).containsOnly("run:r1");
    assertThat(only(producer).attempts()).isEqualTo(4);
    assertThat(only(producer).refusals()).isZero();
  }

  @Test
  void receiverThatIsAwayIsAskedAgain() throws IOException {
    int port = receiver.getAddress().getPort();
    receiver.stop(0);
    ConfigurableApplicationContext producer = producer();
    callbacks(producer).add(url, "run:r1", BODY);
    await().until(() -> only(producer).attempts() >= 2);

    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    receiver.createContext("/", this::answer);
    receiver.start();

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).hasSize(1);
  }

  @Test
  void refusalIsRepeatedAFewTimesThenKeptWithItsReason() {
    script.addAll(List.of(404, 404, 404, 404, 200));
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.FAILED);
    assertThat(calls).hasSize(4);
    assertThat(only(producer).reason()).isEqualTo("The receiver answered 404");
    assertThat(table(producer).list(Status.FAILED, 10)).hasSize(1);
    assertThat(table(producer).list(Status.PENDING, 10)).isEmpty();
  }

  @Test
  void receiverThatIsGoneIsNotAskedAgain() {
    script.addAll(List.of(410, 200));
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.FAILED);
    assertThat(calls).hasSize(1);
    assertThat(only(producer).lastStatus()).isEqualTo(410);
    assertThat(only(producer).refusals()).isEqualTo(1);
    assertThat(only(producer).reason()).isEqualTo("The receiver answered 410: it is gone");
  }

  /** As n8n 2.41 says it, its missing quotation mark included. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"code\":409,\"message\":\"The execution \\\"64 has finished already.\"}",
        "{\"code\":409,\"message\":\"The execution \\\"64\\\" has finished with error.\"}"
      })
  void workflowThatHasFinishedIsNotAskedAgain(String said) {
    script.addAll(List.of(409, 200));
    words = said;
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.FAILED);
    assertThat(calls).hasSize(1);
    assertThat(only(producer).reason())
        .isEqualTo("The receiver answered 409: its workflow has finished");
  }

  @Test
  void workflowThatHasNotReachedItsWaitIsAskedAgain() {
    script.addAll(List.of(409, 200));
    words = "{\"code\":409,\"message\":\"The execution \\\"64\\\" is running already.\"}";
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).hasSize(2);
  }

  @Test
  void receiverThatNeverEndsItsWordsIsAskedAgain() {
    script.addAll(List.of(409, 200));
    words = null;
    ConfigurableApplicationContext producer = producer("fleet.callback.timeout=300ms");

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).hasSize(2);
  }

  @Test
  void redirectIsNotFollowed() {
    script.addAll(List.of(302, 302, 302, 302));
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.FAILED);
    assertThat(only(producer).reason()).contains("redirects are not followed");
    assertThat(calls).extracting(Call::uri).containsOnly("/wait/64?signature=a%2Fb&x=1");
  }

  @Test
  void oldCallbackThatNobodyTakesIsGivenUp() {
    for (int i = 0; i < 100; i++) {
      script.add(503);
    }
    ConfigurableApplicationContext producer = producer("fleet.callback.give-up-after=200ms");

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.FAILED);
    assertThat(only(producer).reason()).startsWith("Given up").contains("503");
  }

  @Test
  void restartKeepsWhatIsNotDelivered() {
    script.add(409);
    ConfigurableApplicationContext first =
        producer("fleet.callback.first-delay=3s", "fleet.callback.longest-delay=3s");
    callbacks(first).add(url, "run:r1", BODY);
    await().until(() -> only(first).attempts() == 1);
    first.close();

    ConfigurableApplicationContext second = producer();

    await().until(() -> only(second).status() == Status.DELIVERED);
    assertThat(calls).hasSize(2);
    assertThat(only(second).attempts()).isEqualTo(2);
  }

  @Test
  void callThatACrashCutOffIsMadeAgainAfterTheLease() {
    ConfigurableApplicationContext producer = producer();
    producer.getBean(Deliverer.class).stop();
    callbacks(producer).add(url, "run:r1", BODY);
    List<Callback> claimed = table(producer).claim(10, Duration.ofMillis(300));
    assertThat(claimed).hasSize(1);
    assertThat(table(producer).claim(10, Duration.ofMillis(300))).isEmpty();

    producer.getBean(Deliverer.class).start();

    await().until(() -> only(producer).status() == Status.DELIVERED);
  }

  @Test
  void rolledBackAnswerIsNeverSent() {
    ConfigurableApplicationContext producer = producer();
    TransactionTemplate transaction =
        new TransactionTemplate(producer.getBean(PlatformTransactionManager.class));

    transaction.executeWithoutResult(status -> {
      callbacks(producer).add(url, "run:lost", BODY);
      status.setRollbackOnly();
    });
    transaction.executeWithoutResult(status -> callbacks(producer).add(url, "run:kept", BODY));

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).extracting(call -> call.header("Idempotency-key")).containsOnly("run:kept");
  }

  @Test
  void sameKeyAndAddressAgainIsSentOnce() {
    ConfigurableApplicationContext producer = producer();

    callbacks(producer).add(url, "run:r1", BODY);
    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.DELIVERED);
    assertThat(calls).hasSize(1);
  }

  @Test
  void firstTryFollowsTheCommitWithoutWaitingForTheNextLook() {
    ConfigurableApplicationContext producer = producer("fleet.callback.poll=1h");

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.DELIVERED);
  }

  @Test
  void signatureIsWhatAReceiverComputesFromTheSecret() throws Exception {
    byte[] key = "0123456789abcdef01234567".getBytes(StandardCharsets.UTF_8);
    ConfigurableApplicationContext producer =
        producer("fleet.callback.secret=whsec_" + Base64.getEncoder().encodeToString(key));

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> !calls.isEmpty());
    Call call = calls.getFirst();
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update(("run:r1." + call.header("Webhook-timestamp") + ".").getBytes());
    mac.update(call.body());
    assertThat(call.header("Webhook-id")).isEqualTo("run:r1");
    assertThat(call.header("Webhook-signature"))
        .isEqualTo("v1," + Base64.getEncoder().encodeToString(mac.doFinal()));
  }

  @Test
  void addressThatTheOperatorDoesNotAllowIsRefusedAtTheDoor() {
    Callbacks callbacks = callbacks(producer());

    for (String address :
        List.of(
            "http://10.0.0.1/x",
            "ftp://127.0.0.1/x",
            "/relative",
            "http://user:pw@127.0.0.1/x",
            "http://127.0.0.1/" + "x".repeat(2_000))) {
      assertThatThrownBy(() -> callbacks.check("callback_url", URI.create(address)))
          .as(address)
          .isInstanceOfSatisfying(
              InvalidMessageException.class,
              refused -> assertThat(refused.field()).isEqualTo("callback_url"));
    }
    callbacks.check("callback_url", url);
  }

  @Test
  void addressThatIsNoLongerAllowedIsNotCalled() {
    ConfigurableApplicationContext producer = producer("fleet.callback.allowed-hosts=example.org");

    callbacks(producer).add(url, "run:r1", BODY);

    await().until(() -> only(producer).status() == Status.FAILED);
    assertThat(calls).isEmpty();
    assertThat(only(producer).reason()).contains("example.org");
  }

  @Test
  void manyCallbacksArriveEachOnce() {
    ConfigurableApplicationContext producer = producer("fleet.callback.concurrency=4");
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      keys.add("run:" + i);
      callbacks(producer).add(url, "run:" + i, BODY);
    }

    await().until(() -> table(producer).list(Status.DELIVERED, 1_000).size() == 100);
    assertThat(calls)
        .extracting(call -> call.header("Idempotency-key"))
        .containsExactlyInAnyOrderElementsOf(keys);
  }

  private ConfigurableApplicationContext producer(String... properties) {
    ConfigurableApplicationContext context =
        new SpringApplicationBuilder(Slice.class)
            .web(WebApplicationType.NONE)
            .bannerMode(org.springframework.boot.Banner.Mode.OFF)
            .properties(
                Map.of(
                    "spring.datasource.url", "jdbc:h2:file:" + folder.resolve("db"),
                    "fleet.callback.first-delay", "20ms",
                    "fleet.callback.poll", "20ms"))
            .run(java.util.Arrays.stream(properties).map(p -> "--" + p).toArray(String[]::new));
    started.push(context);
    return context;
  }

  private static Callbacks callbacks(ConfigurableApplicationContext producer) {
    return producer.getBean(Callbacks.class);
  }

  private static CallbackTable table(ConfigurableApplicationContext producer) {
    return producer.getBean(CallbackTable.class);
  }

  private static Callback only(ConfigurableApplicationContext producer) {
    List<Callback> all = table(producer).list(null, 10);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  private void answer(HttpExchange exchange) throws IOException {
    calls.add(
        new Call(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            Map.copyOf(exchange.getRequestHeaders()),
            exchange.getRequestBody().readAllBytes()));
    Integer status = script.poll();
    if (status != null && status == 302) {
      exchange.getResponseHeaders().set("Location", "/elsewhere");
    }
    String said = words;
    if (status == null || status != 409) {
      exchange.sendResponseHeaders(status == null ? 200 : status, -1);
      exchange.close();
    } else if (said == null) {
      exchange.sendResponseHeaders(status, 0);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
    } else {
      exchange.sendResponseHeaders(status, 0);
      exchange.getResponseBody().write(said.getBytes(StandardCharsets.UTF_8));
      exchange.close();
    }
  }

  private record Call(String method, String uri, Map<String, List<String>> headers, byte[] body) {
    @Nullable String header(String name) {
      List<String> values = headers.get(name);
      return values == null ? null : values.getFirst();
    }
  }

  @EnableAutoConfiguration
  @ComponentScan("io.comfyfleet.producer.callback")
  static class Slice {}
}
