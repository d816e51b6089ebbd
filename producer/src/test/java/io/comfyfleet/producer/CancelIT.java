package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.IdempotencyKeys;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A sender's no reaches a job wherever it is. */
class CancelIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  private static Producer.Answer cancelJob(Producer producer, Object jobId) {
    return producer.post("/api/jobs/" + jobId + "/cancel", "");
  }

  @Test
  void queuedJobEndsAsCancelledAllNodesAreToldAndItsLateResultIsDropped() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.listen();
      producer.post("/api/comfyui/dispatch", Producer.image("unwanted"));
      Job job = worker.take(Topology.laneQueue("image")).job();

      Producer.Answer cancelled = cancelJob(producer, job.jobId());

      assertThat(cancelled.status()).as(cancelled.body().toString()).isEqualTo(200);
      assertThat(cancelled.body().get("status").asString()).isEqualTo("cancelled");
      assertThat(cancelled.body().at("/result/error/code").asString()).isEqualTo("cancelled");
      assertThat(cancelled.body().at("/result/error/message").asString()).contains("The sender");
      assertThat(worker.word())
          .isEqualTo(
              new FakeWorker.Word(Topology.CONTROL_ALL, new ControlMessage.Cancel(job.jobId())));
      RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
      assertThat(run.status()).isEqualTo(RunStatus.CANCELLED);
      worker.succeed(job);
      worker.awaitEmpty(Topology.RESULTS);
      Producer.Answer again = cancelJob(producer, job.jobId());
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.body().get("type").asString()).endsWith("job-ended");
      assertThat(again.body().get("detail").asString()).contains("as cancelled at 2");
      assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
    }
  }

  @Test
  void nodeThatHasTheJobIsToldByName() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.listen();
      producer.post("/api/comfyui/dispatch", Producer.image("running"));
      Job job = worker.take(Topology.laneQueue("image")).job();
      Awaitility.await("running")
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            worker.tell(FakeWorker.beat("gpu-7", NodeState.BUSY, job));
            return producer
                .get("/api/jobs/" + job.jobId())
                .body()
                .get("status")
                .asString()
                .equals("running");
          });

      assertThat(cancelJob(producer, job.jobId()).status()).isEqualTo(200);

      assertThat(worker.word())
          .isEqualTo(
              new FakeWorker.Word(
                  Topology.controlKey("gpu-7"), new ControlMessage.Cancel(job.jobId())));
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void jobNotYetPublishedNeverIs() throws Exception {
    String jobId;
    try (Producer first = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false")) {
      jobId =
          first
              .post("/api/comfyui/dispatch", Producer.image("kept"))
              .body()
              .get("job_id")
              .asString();
      Producer.Answer cancelled = cancelJob(first, jobId);
      assertThat(cancelled.body().get("status").asString()).isEqualTo("cancelled");
    }
    try (FakeWorker worker = new FakeWorker(BROKER.uri());
        Producer second = Producer.start(BROKER.uri(), folder)) {
      // The run's event was behind the job in the outbox: when it has come, the job would have.
      assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().results())
          .extracting("status")
          .containsExactly(ResultStatus.CANCELLED);
      assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
      assertThat(second.get("/actuator/health").body().at("/components/outbox/details/waiting"))
          .hasToString("0");
    }
  }

  @Test
  void whatWaitsForACancelledJobEndsWithIt() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      producer.post(
          "/api/runs",
          Map.of(
              "jobs",
              List.of(
                  Map.of("type", "image", "prompt", "a", "key", "a"),
                  Map.of("type", "image", "prompt", "b", "depends_on", "a"),
                  Map.of("type", "image", "prompt", "c"))));
      List<Job> jobs = worker.takeJobs("image", 2);
      worker.succeed(jobs.get(1));

      cancelJob(producer, jobs.get(0).jobId());

      RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
      assertThat(run.status()).isEqualTo(RunStatus.PARTIAL);
      assertThat(run.counts().cancelled()).isEqualTo(1);
      assertThat(run.results().get(1).error().code()).isEqualTo(ErrorCode.DEPENDENCY_FAILED);
    }
  }

  @Test
  void cancelledRunEndsAllItsJobsAndClosesOnceThoughSomeNeverCame() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.listen();
      for (int index = 0; index < 3; index++) {
        producer.post(
            "/api/comfyui/dispatch",
            Map.of(
                "type", "image", "prompt", "s", "run_id", "story", "run_size", 5, "index", index));
      }
      List<Job> jobs = worker.takeJobs("image", 3);
      worker.fail(jobs.get(0));
      worker.awaitEmpty(Topology.RESULTS);
      Awaitility.await("one failed")
          .until(() -> producer.get("/api/runs/story").body().at("/counts/failed").asInt() == 1);

      Producer.Answer cancelled = producer.post("/api/runs/story/cancel", "");

      assertThat(cancelled.status()).as(cancelled.body().toString()).isEqualTo(200);
      assertThat(cancelled.body().get("status").asString()).isEqualTo("cancelled");
      assertThat(cancelled.body().at("/counts/cancelled").asInt()).isEqualTo(2);
      assertThat(worker.word())
          .isEqualTo(
              new FakeWorker.Word(Topology.CONTROL_ALL, new ControlMessage.CancelRun("story")));
      assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().status())
          .isEqualTo(RunStatus.CANCELLED);
      worker.succeed(jobs.get(1));
      worker.awaitEmpty(Topology.RESULTS);
      Producer.Answer again = producer.post("/api/runs/story/cancel", "");
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.body().get("type").asString()).endsWith("run-ended");
      assertThat(
              producer
                  .post(
                      "/api/comfyui/dispatch",
                      Map.of("type", "image", "prompt", "late", "run_id", "story", "index", 4))
                  .status())
          .isEqualTo(409);
      assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
    }
  }

  @Test
  void cancelledRunKeepsWhatSucceededAndNothingIsLeftWaiting() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      producer.post(
          "/api/runs",
          Map.of(
              "run_id",
              "chain",
              "jobs",
              List.of(
                  Map.of("type", "image", "prompt", "a", "key", "a"),
                  Map.of("type", "image", "prompt", "b", "key", "b", "depends_on", "a"),
                  Map.of("type", "image", "prompt", "c", "key", "c", "depends_on", "b"))));
      worker.succeed(worker.take(Topology.laneQueue("image")).job());
      worker.take(Topology.laneQueue("image"));

      Producer.Answer cancelled = producer.post("/api/runs/chain/cancel", "");

      assertThat(cancelled.body().get("status").asString()).isEqualTo("partial");
      RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
      assertThat(run.results())
          .extracting("status")
          .containsExactly(ResultStatus.SUCCEEDED, ResultStatus.CANCELLED, ResultStatus.CANCELLED);
    }
  }

  @Test
  void senderOverAmqpGetsTheCancelledResultAndNoOtherAnswer() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.listen();
      UUID id = worker.ask("order 7", "{\"type\":\"image\",\"prompt\":\"a hare\"}");
      FakeWorker.Taken taken = worker.take(Topology.laneQueue("image"));

      cancelJob(producer, id);

      FakeWorker.Taken copy = worker.take(worker.inbox());
      assertThat(copy.properties().getCorrelationId()).isEqualTo("order 7");
      Result result = FakeWorker.CODEC.decodeResult(copy.body());
      assertThat(result.status()).isEqualTo(ResultStatus.CANCELLED);
      assertThat(copy.header(MessageHeaders.IDEMPOTENCY_KEY))
          .isEqualTo("result:" + id)
          .isEqualTo(IdempotencyKeys.of(result));
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      // The node that had the job answers too, and changes nothing.
      worker.succeed(taken.job());
      worker.awaitEmpty(Topology.RESULTS);
      producer.post("/api/comfyui/dispatch", Producer.image("another"));
      worker.succeed(worker.take(Topology.laneQueue("image")));
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(worker.inbox())).isZero();
    }
  }

  @Test
  void unknownJobsAndRunsCannotBeCancelled() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder)) {
      assertThat(cancelJob(producer, UUID.randomUUID()).status()).isEqualTo(404);
      assertThat(cancelJob(producer, "seven").status()).isEqualTo(404);
      assertThat(producer.post("/api/runs/nobody/cancel", "").status()).isEqualTo(404);
    }
  }
}
