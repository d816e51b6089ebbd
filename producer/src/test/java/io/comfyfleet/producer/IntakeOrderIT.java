package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
    worker.sendBare(Topology.INTAKE, body(run, prompt, rest));
  }

  private static String body(String run, String prompt, String rest) {
    return "{\"type\":\"image\",\"run_id\":\"%s\",\"run_size\":4,\"prompt\":\"%s\"%s}"
        .formatted(run, prompt, rest);
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
  void requestsOfAHigherPriorityLetTheOneTheyNeedPass() {
    AMQP.BasicProperties urgent = new AMQP.BasicProperties.Builder().priority(9).build();
    for (String prompt : List.of("b", "c", "d")) {
      worker.send(Topology.INTAKE, urgent, body("urgent", prompt, ",\"depends_on\":\"a\""));
    }
    AMQP.BasicProperties low = new AMQP.BasicProperties.Builder().priority(0).build();
    worker.send(Topology.INTAKE, low, body("urgent", "a", ",\"key\":\"a\""));

    worker.succeed(worker.take(Topology.laneQueue("image")).job());
    worker.takeJobs("image", 3).forEach(worker::succeed);
    assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().status())
        .isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void requestThatCannotBeWrittenAgainIsRefusedAtOnce() {
    AMQP.BasicProperties full =
        new AMQP.BasicProperties.Builder().headers(Map.of("x-mine", "x".repeat(130_900))).build();
    worker.send(Topology.INTAKE, full, body("full", "x", ",\"depends_on\":\"never\""));

    assertThat(worker.take(Topology.DEAD).header(MessageHeaders.ERROR))
        .contains("no earlier job of the run");
    worker.awaitEmpty(Topology.INTAKE);
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
