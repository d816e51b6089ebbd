package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class BrokerLogIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private @TempDir Path folder;

  @Test
  void brokerThatGoesAwayAndComesBackIsToldOfOnce(CapturedOutput output) throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder)) {
      endToEnd(producer);

      BROKER.broker().closeAllConnections();

      await().atMost(Duration.ofSeconds(30)).until(() -> lines(output, "there again") > 0);
      endToEnd(producer);
      assertThat(lines(output, "broker away")).isEqualTo(1);
      assertThat(lines(output, "broker there again")).isEqualTo(1);
      assertThat(output.getAll()).doesNotContain("Consumer raised exception");
    }
  }

  private static void endToEnd(Producer producer) throws Exception {
    try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      producer.post("/api/comfyui/dispatch", Producer.image("x"));
      worker.succeed(worker.take(Topology.laneQueue("image")).job());
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  private static long lines(CapturedOutput output, String words) {
    return output.getAll().lines().filter(line -> line.contains(words)).count();
  }
}
