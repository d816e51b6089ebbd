package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Nodes are told to leave what they should not be doing. */
class RecallIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
    worker.listen();
    Awaitility.await("the producer listens")
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          worker.tell(FakeWorker.beat("gpu-0", NodeState.ONLINE));
          return producer.get("/api/nodes/gpu-0").status() == 200;
        });
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  private static Job queued() {
    producer.post("/api/comfyui/dispatch", Producer.image("x"));
    return worker.take(Topology.laneQueue("image")).job();
  }

  private static Job cancelled() {
    Job job = queued();
    producer.post("/api/jobs/" + job.jobId() + "/cancel", "");
    assertThat(worker.word().message()).isEqualTo(new ControlMessage.Cancel(job.jobId()));
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    return job;
  }

  private static FakeWorker.Word cancel(String nodeId, Job job) {
    return new FakeWorker.Word(Topology.controlKey(nodeId), new ControlMessage.Cancel(job.jobId()));
  }

  private static FakeWorker.Word defer(String nodeId, Job job) {
    return new FakeWorker.Word(Topology.controlKey(nodeId), new ControlMessage.Defer(job.jobId()));
  }

  private static void end(Job job) {
    worker.succeed(job);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }

  /** Whatever was told before this has been dealt with when its word is heard. */
  private static void expectNothingBut(Job cancelledMark) {
    worker.tell(FakeWorker.prepare(cancelledMark, "mark", false));
    assertThat(worker.word()).isEqualTo(cancel("mark", cancelledMark));
    assertThat(worker.heardNothing()).isTrue();
  }

  @Test
  void nodeThatPullsACancelledJobIsToldToStopIt() {
    Job job = cancelled();

    worker.tell(FakeWorker.prepare(job, "gpu-1", false));

    assertThat(worker.word()).isEqualTo(cancel("gpu-1", job));
  }

  @Test
  void nodeThatMissedTheWordIsToldAgainWithEachHeartbeat() {
    Job job = queued();
    worker.tell(FakeWorker.beat("gpu-2", NodeState.BUSY, job));
    Awaitility.await("running")
        .until(() ->
            producer
                .get("/api/jobs/" + job.jobId())
                .body()
                .get("status")
                .asString()
                .equals("running"));
    producer.post("/api/jobs/" + job.jobId() + "/cancel", "");
    assertThat(worker.word()).isEqualTo(cancel("gpu-2", job));
    worker.take(Topology.RUNS_COMPLETED_QUEUE);

    worker.tell(FakeWorker.beat("gpu-2", NodeState.BUSY, job));
    assertThat(worker.word()).isEqualTo(cancel("gpu-2", job));
    worker.tell(FakeWorker.beat("gpu-2", NodeState.BUSY, job));
    assertThat(worker.word()).isEqualTo(cancel("gpu-2", job));
  }

  @Test
  void openAndUnknownJobsAreLeftAloneAndSoIsTheNodeThatHasJustEndedOne() {
    Job mark = cancelled();
    Job job = queued();
    worker.tell(FakeWorker.prepare(job, "gpu-1", false));
    worker.tell(FakeWorker.beat("gpu-1", NodeState.BUSY, job));
    end(job);
    worker.tell(FakeWorker.beat("gpu-1", NodeState.BUSY, job));

    expectNothingBut(mark);
  }

  @Test
  void nodeThatTakesAJobAgainThatAnotherHasEndedIsToldToStop() {
    Job job = queued();
    end(job);

    worker.tell(FakeWorker.prepare(job, "gpu-3", true));

    assertThat(worker.word()).isEqualTo(cancel("gpu-3", job));
  }

  @Test
  void secondNodeWithTheSameJobPutsItBack() {
    Job job = queued();
    worker.tell(FakeWorker.beat("gpu-4", NodeState.BUSY, job));
    worker.tell(FakeWorker.prepare(job, "gpu-5", false));

    assertThat(worker.word()).isEqualTo(defer("gpu-5", job));
    end(job);
  }

  @Test
  void realTakeOverIsNeverPutBack() {
    Job mark = cancelled();
    Job job = queued();
    worker.tell(FakeWorker.beat("gpu-4", NodeState.BUSY, job));
    worker.tell(FakeWorker.prepare(job, "gpu-5", true));
    expectNothingBut(mark);

    worker.tell(FakeWorker.beat("gpu-4", NodeState.OFFLINE, job));
    worker.tell(FakeWorker.prepare(job, "gpu-6", false));
    expectNothingBut(mark);
    end(job);
  }
}
