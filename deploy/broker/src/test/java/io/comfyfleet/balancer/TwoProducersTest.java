package io.comfyfleet.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.comfyfleet.process.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The files for two producers, in front of servers that do what is hard to make a producer do. */
class TwoProducersTest {
  private static final ScriptedServer.Script ANSWER =
      ScriptedServer.saying(
          "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");

  /** As a producer that is killed while it has the request. */
  private static final ScriptedServer.Script DIE = connection -> {};

  /** HAProxy answers 502, or hangs up on a connection that had other requests before. */
  private static final int FAILED = 502;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<AutoCloseable> open = new ArrayList<>();

  @TempDir Path folder;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
    http.close();
  }

  @ParameterizedTest
  @EnumSource
  void requestWithAKeyIsSentToTheOtherProducerWhenOneDies(BalancerProgram program)
      throws Exception {
    ScriptedServer dying = open(new ScriptedServer(DIE));
    URI balancer = start(program, dying.url(), open(new ScriptedServer(ANSWER)).url());

    assertThat(post(balancer, "Idempotency-Key", "7", 4)).containsOnly(202);
    assertThat(dying.requests()).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void requestWithoutAKeyIsNotSentAgain(BalancerProgram program) throws Exception {
    ScriptedServer dying = open(new ScriptedServer(DIE));
    ScriptedServer other = open(new ScriptedServer(ANSWER));
    URI balancer = start(program, dying.url(), other.url());

    List<Integer> answers = post(balancer, "X-Other", "7", 4);

    assertThat(answers).contains(FAILED);
    assertThat(dying.requests() + other.requests()).isEqualTo(answers.size());
  }

  @ParameterizedTest
  @EnumSource
  void producerThatIsAwayIsLeftOut(BalancerProgram program) throws Exception {
    URI away = URI.create("http://127.0.0.1:" + FreePorts.onLoopback(1).getFirst());
    URI balancer = start(program, away, open(new ScriptedServer(ANSWER)).url());

    assertThat(post(balancer, "X-Other", "7", 6)).containsOnly(202);
  }

  @ParameterizedTest
  @EnumSource
  void eventIsPassedOnWhenItHappens(BalancerProgram program) throws Exception {
    var goOn = new CountDownLatch(1);
    ScriptedServer.Script events =
        connection -> {
          ScriptedServer.saying(
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                      + "data: first\n\n")
              .answer(connection);
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          ScriptedServer.saying("data: last\n\n").answer(connection);
        };
    URI url = open(new ScriptedServer(events)).url();
    URI balancer = start(program, url, url);

    var answer =
        http.send(
            HttpRequest.newBuilder(balancer.resolve("/api/runs/1/events")).build(),
            BodyHandlers.ofInputStream());
    try (var reader = new BufferedReader(new InputStreamReader(answer.body()))) {
      assertThat(reader.readLine()).isEqualTo("data: first");
      goOn.countDown();
      assertThat(reader.lines()).contains("data: last");
    }
  }

  @ParameterizedTest
  @EnumSource
  void websocketPassesInBothDirections(BalancerProgram program) throws Exception {
    ScriptedServer.Script echo =
        connection -> {
          ScriptedServer.saying(
                  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
              .answer(connection);
          for (int next; (next = connection.getInputStream().read()) >= 0; ) {
            connection.getOutputStream().write(next);
          }
        };
    URI url = open(new ScriptedServer(echo)).url();
    URI balancer = start(program, url, url);

    try (var socket = new Socket("127.0.0.1", balancer.getPort())) {
      var out = socket.getOutputStream();
      out.write(
          ("GET /api/ws HTTP/1.1\r\nHost: fleet\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      var reader = new BufferedReader(new InputStreamReader(socket.getInputStream()));
      assertThat(reader.readLine()).contains("101");
      while (!reader.readLine().isEmpty()) {
        continue;
      }
      out.write("hello\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(reader.readLine()).isEqualTo("hello");
    }
  }

  private URI start(BalancerProgram program, URI first, URI second) {
    assumeThat(program.find())
        .as("%s is not installed, so it cannot be tried", program.command())
        .isPresent();
    BalancerFile file =
        BalancerFile.of(Path.of("../.."), program, "two-producers")
            .with("producer1:8080", first)
            .with("producer2:8080", second);
    return open(Balancer.start(file, folder)).url();
  }

  private <T extends AutoCloseable> T open(T one) {
    open.add(one);
    return one;
  }

  private List<Integer> post(URI balancer, String header, String value, int times)
      throws InterruptedException {
    List<Integer> answers = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      HttpRequest request =
          HttpRequest.newBuilder(balancer.resolve("/api/image/generate"))
              .header(header, value)
              .POST(BodyPublishers.ofString("{}"))
              .build();
      answers.add(status(request));
    }
    return answers;
  }

  private int status(HttpRequest request) throws InterruptedException {
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return FAILED;
    }
  }
}
