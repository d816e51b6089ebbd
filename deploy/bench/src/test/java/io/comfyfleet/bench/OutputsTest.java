package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutputsTest {

  /** Of {@code picture}. */
  private static final String SHA256 =
      "2cea274d0bedc39ec4ab6ba9e59ec889e3ed6fb56a1cf088a64d9b383378dc97";

  private HttpServer store;

  @BeforeEach
  void start() throws IOException {
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store.createContext(
        "/api/artifacts/a1/a.png",
        exchange -> {
          byte[] bytes = "picture".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    store.start();
  }

  @AfterEach
  void stop() {
    store.stop(0);
  }

  @Test
  void fileIsAsItsResultSaysAndOneThatIsNotThereIsLeftOut() {
    URI base = URI.create("http://127.0.0.1:" + store.getAddress().getPort());
    String there = base + "/api/artifacts/a1/a.png";
    String gone = base + "/api/artifacts/a2/a.png";
    JobEnd end =
        JobEnd.of(
            ProducerClient.JSON.readTree(
                """
                {"job_id": "j", "status": "succeeded", "ended_at": "2026-01-01T10:00:00Z",
                 "outputs": [{"node": "3", "kind": "image", "size_bytes": 7, "url": "%s",
                   "sha256": "%s"}]}
                """
                    .formatted(there, SHA256)));

    assertThat(Outputs.fetch(new Api(base, Duration.ofSeconds(10)), Set.of(there, gone)).values())
        .containsExactlyElementsOf(end.outputs());
  }
}
