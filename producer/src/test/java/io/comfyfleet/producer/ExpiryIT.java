package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A job is given up for its age only when nobody can be running it. */
class ExpiryIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  private Producer start(String settleAfter) {
    return Producer.start(
        BROKER.uri(),
        folder,
        "--fleet.run.expiry-grace=0s",
        "--fleet.run.sweep-interval=100ms",
        "--fleet.nodes.settle-after=" + settleAfter);
  }

  @Test
  void jobThatMayBeRunningIsNotExpiredByAProducerThatHasJustStarted() throws Exception {
    try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
      String jobId;
      try (Producer producer = start("1h")) {
        jobId =
            producer
                .post(
                    "/api/comfyui/dispatch",
                    Map.of("type", "image", "prompt", "x", "expires_in", 1))
                .body()
                .get("job_id")
                .asString();
        worker.take(Topology.laneQueue("image"));
        // Ends a second later, by the same sweeper: the job's time is over by then.
        producer.post("/api/runs", Map.of("deadline", 1, "jobs", List.of(Producer.image("y"))));
        assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().status())
            .isEqualTo(RunStatus.EXPIRED);
        assertThat(producer.get("/api/jobs/" + jobId).body().get("status").asString())
            .isEqualTo("queued");
      }
      try (Producer producer = start("0s")) {
        assertThat(producer.get("/api/jobs/" + jobId + "?wait=20").body().get("status").asString())
            .isEqualTo("expired");
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
      }
    }
  }
}
