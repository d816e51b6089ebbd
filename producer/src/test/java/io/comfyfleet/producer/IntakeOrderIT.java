package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Requests over the queue that need each other, in whatever order they come to be read. */
class IntakeOrderIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder, "--fleet.intake.patience=5s");
    worker = new FakeWorker(BROKER.uri());
    worker.awaitTopology();
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  private static void send(String run, String prompt, String rest) {
    worker.sendBare(
        Topology.INTAKE,
        "{\"type\":\"image\",\"run_id\":\"%s\",\"run_size\":4,\"prompt\":\"%s\"%s}"
            .formatted(run, prompt, rest));
  }

  @Test
  void requestsThatAreReadBeforeTheOneTheyNeedWaitForIt() {
    for (String prompt : List.of("c", "d", "b")) {
      send("early", prompt, ",\"depends_on\":\"a\"");
    }
    send("early", "a", ",\"key\":\"a\"");

    Job first = worker.take(Topology.laneQueue("image")).job();
    assertThat(first.prompt()).isEqualTo("a");
    worker.succeed(first);
    List<Job> others = worker.takeJobs("image", 3);
    assertThat(others).extracting(Job::prompt).containsExactlyInAnyOrder("b", "c", "d");
    others.forEach(worker::succeed);
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(worker.depth(Topology.DEAD)).isZero();
  }

  @Test
  void requestThatNeedsWhatNeverComesHoldsUpNoOtherAndIsRefusedInTheEnd() {
    for (String prompt : List.of("x", "y", "z")) {
      send("lonely", prompt, ",\"depends_on\":\"never\"");
    }
    worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"another\"}");

    worker.succeed(worker.take(Topology.laneQueue("image")).job());
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    assertThat(worker.depth(Topology.DEAD)).isZero();
    for (int i = 0; i < 3; i++) {
      FakeWorker.Taken letter = worker.take(Topology.DEAD);
      assertThat(letter.header(MessageHeaders.REASON)).isEqualTo("unreadable_message");
      assertThat(letter.header(MessageHeaders.ERROR)).contains("no earlier job of the run");
    }
    worker.awaitEmpty(Topology.INTAKE);
  }
}
