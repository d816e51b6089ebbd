package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A run of unknown size is closed when nothing more comes, not when nothing is read. */
class QuietRunIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  @Test
  void runStaysOpenWhileAJobOfItWaitsOnTheQueueThatNobodyReads() throws Exception {
    try (Producer deaf = start(false);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      worker.sendBare(
          Topology.INTAKE,
          "{\"type\":\"image\",\"prompt\":\"second\",\"run_id\":\"two\",\"index\":1}");
      deaf.post(
          "/api/comfyui/dispatch",
          Map.of("type", "image", "prompt", "first", "run_id", "two", "index", 0));
      worker.succeed(worker.take(Topology.laneQueue("image")).job());

      // Ends by its deadline, long after the other would have been closed.
      deaf.post("/api/runs", Map.of("deadline", 5, "jobs", List.of(Producer.image("x"))));
      worker.take(Topology.laneQueue("image"));
      assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().runId()).isNotEqualTo("two");

      try (Producer _ = start(true)) {
        Job second = worker.take(Topology.laneQueue("image")).job();
        assertThat(second.prompt()).isEqualTo("second");
        worker.succeed(second);
        RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
        assertThat(run.runId()).isEqualTo("two");
        assertThat(run.results()).hasSize(2);
        assertThat(worker.depth(Topology.DEAD)).isZero();
      }
    }
  }

  private Producer start(boolean reading) {
    return Producer.start(
        BROKER.uri(), folder, "--fleet.run.quiet-period=1s", "--fleet.intake.enabled=" + reading);
  }
}
