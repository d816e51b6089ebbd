package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
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

  @Test
  void jobThatMayHaveEndedWhileTheProducerStoodStillIsNotExpiredAtOnce() throws Exception {
    AtomicReference<Duration> stoodStill = new AtomicReference<>(Duration.ZERO);
    try (FakeWorker worker = new FakeWorker(BROKER.uri());
        Producer producer =
            Producer.start(
                BROKER.uri(),
                folder,
                ((InstantSource) () -> Instant.now().plus(stoodStill.get()))
                    .withZone(ZoneOffset.UTC),
                "--fleet.run.expiry-grace=0s",
                "--fleet.run.sweep-interval=100ms",
                "--fleet.nodes.settle-after=0s")) {
      Job job = taken(producer, worker, 60);

      stoodStill.set(Duration.ofMinutes(3));

      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .until(() -> status(producer, job).equals("queued"));
      worker.succeed(job);
      assertThat(ended(producer, job)).isEqualTo("succeeded");
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void jobExpiresAlsoAfterTheProducerHadToConnectAgain() throws Exception {
    try (Producer producer = start("0s")) {
      BROKER.broker().closeAllConnections();

      String jobId =
          producer
              .post(
                  "/api/comfyui/dispatch", Map.of("type", "image", "prompt", "x", "expires_in", 1))
              .body()
              .get("job_id")
              .asString();

      assertThat(producer.get("/api/jobs/" + jobId + "?wait=20").body().get("status").asString())
          .isEqualTo("expired");
      try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
        worker.take(Topology.laneQueue("image"));
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
      }
    }
  }

  @Test
  void jobThatANodeHadBegunWaitsForItsNextAttemptBeyondItsTime() throws Exception {
    try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
      Job begun;
      try (Producer producer = start("0s")) {
        begun = taken(producer, worker, 3);
        Awaitility.await("at work")
            .atMost(Duration.ofSeconds(20))
            .until(() -> {
              worker.tell(FakeWorker.prepare(begun, "gpu-7", false));
              return status(producer, begun).equals("running");
            });
        // It failed, and waits in a retry queue, where nobody has it in hand.
        worker.tell(FakeWorker.beat("gpu-7", NodeState.ONLINE));
        Awaitility.await("let go").until(() -> status(producer, begun).equals("queued"));

        expired(producer, taken(producer, worker, 4));

        assertThat(status(producer, begun)).isEqualTo("queued");
      }
      try (Producer producer = start("0s")) {
        expired(producer, taken(producer, worker, 1));

        assertThat(status(producer, begun)).isEqualTo("queued");
        worker.succeed(begun);
        assertThat(ended(producer, begun)).isEqualTo("succeeded");
        IntStream.range(0, 3).forEach(run -> worker.take(Topology.RUNS_COMPLETED_QUEUE));
      }
    }
  }

  @Test
  void jobThatWasBeyondItsNodeHasNotBegun() throws Exception {
    try (FakeWorker worker = new FakeWorker(BROKER.uri());
        Producer producer = start("0s")) {
      producer.post(
          "/api/comfyui/dispatch", Map.of("type", "image", "prompt", "x", "expires_in", 3));
      FakeWorker.Taken message = worker.take(Topology.laneQueue("image"));
      Job job = message.job();
      Awaitility.await("at work")
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            worker.tell(FakeWorker.prepare(job, "gpu-7", false));
            return status(producer, job).equals("running");
          });
      worker.tell(FakeWorker.beat("gpu-7", NodeState.OFFLINE));

      worker.sendElsewhere(
          message,
          job.nextAttempt(
              new Attempt(
                  job.attempt(),
                  "gpu-7",
                  Instant.now(),
                  Instant.now(),
                  JobError.retryable(ErrorCode.MISSING_MODEL, "no flux.safetensors"))));

      expired(producer, job);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.purge(Topology.retry(Duration.ofSeconds(15)));
    }
  }

  private static Job taken(Producer producer, FakeWorker worker, int seconds) {
    producer.post(
        "/api/comfyui/dispatch", Map.of("type", "image", "prompt", "x", "expires_in", seconds));
    return worker.take(Topology.laneQueue("image")).job();
  }

  private static void expired(Producer producer, Job job) {
    assertThat(ended(producer, job)).isEqualTo("expired");
  }

  private static String ended(Producer producer, Job job) {
    return producer.get("/api/jobs/" + job.jobId() + "?wait=20").body().get("status").asString();
  }

  private static String status(Producer producer, Job job) {
    return producer.get("/api/jobs/" + job.jobId()).body().get("status").asString();
  }
}
