package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An output store without room: finished work could be kept nowhere. */
class StoreFullIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  @Test
  void newWorkIsRefusedForNowAndWhatIsOnTheQueueStaysThere() throws Exception {
    try (Producer full = Producer.start(BROKER.uri(), folder, "--fleet.store.min-free=1000000GB");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"patient\"}");

      Producer.Answer answer = full.post("/api/comfyui/dispatch", Producer.image("x"));

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.headers().firstValue("Retry-After")).isPresent();
      assertThat(answer.body().get("detail").asString()).contains("output store");
      Awaitility.await()
          .during(Duration.ofSeconds(2))
          .until(() -> worker.depth(Topology.laneQueue("image")) == 0);
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
    try (Producer roomy = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      assertThat(worker.take(Topology.laneQueue("image")).job().prompt()).isEqualTo("patient");
      assertThat(roomy.post("/api/comfyui/dispatch", Producer.image("x")).status()).isEqualTo(202);
    }
  }
}
