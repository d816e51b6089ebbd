package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.RunAnswer;
import io.comfyfleet.launch.RunEvents;
import io.comfyfleet.launch.SavedOutputs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerClientTest {

  /** SHA-256 of {@code pixels}. */
  private static final String PIXELS =
      "6ec9c2b0eb14010746c8bce8939303b382344b296206612eb8a907a37b2b2f37";

  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private HttpServer server;
  private ProducerClient producer;

  @TempDir Path folder;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          String answer = answers.get(exchange.getRequestURI().getPath());
          byte[] body = (answer == null ? "{}" : answer).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    producer = new ProducerClient(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @Test
  void onlyNodesThatAreOnlineCount() {
    answers.put(
        "/api/nodes",
        "{\"nodes\":[{\"id\":\"a\",\"status\":\"online\"},{\"id\":\"b\",\"status\":\"offline\"}]}");

    assertThat(producer.onlineNodes()).containsExactly("a");
  }

  @Test
  void refusalIsToldWithCallAndAnswer() {
    assertThatThrownBy(() -> producer.submit("{}"))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("POST http://127.0.0.1:")
        .hasMessageContaining("/api/runs answered 404");
  }

  @Test
  void fieldsThisProgramDoesNotKnowAreIgnored() {
    answers.put(
        "/api/runs/r",
        """
        {"run_id":"r","status":"completed","news":1,"results":[{"job_id":"j","index":0,
         "status":"succeeded","node_id":"n","attempt":1,"outputs":[{"filename":"a.png","kind":"image"}],
         "timings":{"queued_ms":12,"prepare_ms":1,"run_ms":3000,"store_ms":2},"error":null}]}
        """);

    RunAnswer run = producer.await("r");

    assertThat(run.isOpen()).isFalse();
    assertThat(run.succeeded()).isEqualTo(1);
    assertThat(run.oneAfterAnotherMs()).isEqualTo(3000);
  }

  @Test
  void eventsAreShownAndTheRestIsFilledInOnce() {
    answers.put(
        "/api/runs/r/events",
        "event: result\ndata: {\"index\":0,\"node_id\":\"n\",\"status\":\"succeeded\"}\n\n");
    var text = new StringWriter();
    try (var events = new RunEvents(producer, "r", new PlainBoard(new PrintWriter(text)))) {
      await().atMost(Duration.ofSeconds(10)).until(() -> !text.toString().isEmpty());

      events.complete(
          new RunAnswer("r", "partial", List.of(job(0, "succeeded"), job(1, "failed"))));
    }

    assertThat(text.toString().lines()).containsExactly("n: job 1 done", "n: job 2 failed");
  }

  @Test
  void outputsStayInsideTheFolder() throws IOException {
    answers.put("/files/1", "pixels");
    var output = new RunAnswer.Output("../../evil.png", 6L, PIXELS, "/files/1");

    Map<Integer, List<Path>> saved = new SavedOutputs(producer, folder).save(run(output));

    assertThat(saved.get(0)).containsExactly(folder.resolve("01-evil.png"));
    assertThat(Files.readString(folder.resolve("01-evil.png"))).isEqualTo("pixels");
  }

  @Test
  void fileThatIsNotWhatItsResultSaysIsAFailure() {
    answers.put("/files/1", "pixels, but others");
    var output = new RunAnswer.Output("a.png", 6L, PIXELS, "/files/1");

    assertThatThrownBy(() -> new SavedOutputs(producer, folder).save(run(output)))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("its result says " + PIXELS);
  }

  private static RunAnswer run(RunAnswer.Output output) {
    var job = new RunAnswer.JobResult("j", 0, "succeeded", "n", List.of(output), null, null);
    return new RunAnswer("r", "completed", List.of(job));
  }

  private static RunAnswer.JobResult job(int index, String status) {
    return new RunAnswer.JobResult("j" + index, index, status, "n", null, null, null);
  }
}
