package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.context.ConfigurableApplicationContext;

/** When a delivery is taken, held, settled and given back. */
class SettlementIT extends OneMachine {
  private static final String VIDEO = "fleet.jobs.video";

  /**
   * Jobs published, less those that wait, less those with a result, read in this order, is never
   * more than the unsettled ones: what waits only shrinks, and a result comes before its
   * settlement.
   */
  @Test
  void oneSlotOverTwoLanesHoldsOneDeliveryAndStarvesNoLane() {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      jobs.add(Jobs.image().seconds(0.15).build());
      jobs.add(Jobs.video().seconds(0.15).build());
    }
    jobs.forEach(fleet::publish);
    await().until(() -> fleet.waiting(IMAGE) + fleet.waiting(VIDEO) == jobs.size());
    startWorker();

    int mostHeld = 0;
    int ended = 0;
    while (ended < jobs.size()) {
      int waiting = fleet.waiting(IMAGE) + fleet.waiting(VIDEO);
      ended = fleet.waiting(Topology.RESULTS);
      mostHeld = Math.max(mostHeld, jobs.size() - waiting - ended);
    }

    assertThat(mostHeld).isEqualTo(1);
    List<String> lanes = new ArrayList<>();
    for (int i = 0; i < jobs.size(); i++) {
      lanes.add(fleet.result().type().wireName());
    }
    assertThat(lanes.subList(0, 6)).contains("image", "video");
    assertThat(lanes.subList(14, 20)).contains("image", "video");
  }

  @Test
  void lookAheadHoldsOneMoreAndRunsOneAtATime() {
    for (int i = 0; i < 6; i++) {
      fleet.publish(Jobs.image().seconds(0.5).build());
    }
    startWorker(Map.of("fleet.intake.look-ahead", 1));

    int mostHeld = 0;
    int ended = 0;
    while (ended < 6) {
      int waiting = fleet.waiting(IMAGE);
      ended = fleet.waiting(Topology.RESULTS);
      mostHeld = Math.max(mostHeld, 6 - waiting - ended);
    }

    assertThat(mostHeld).isEqualTo(2);
  }

  @Test
  void lookAheadOfANodeThatIsPausedGoesBackBeforeItsSlotIsFree() {
    startWorker(Map.of("fleet.intake.look-ahead", 1, "fleet.drain.deadline", "100ms"));
    fleet.publish(Jobs.image().seconds(60).build());
    await().until(() -> !comfy.executed().isEmpty());
    fleet.publish(Jobs.image().build());
    await().until(() -> fleet.waiting(IMAGE) == 0);

    fleet.tell("node-1", new ControlMessage.Pause());

    await().until(() -> fleet.waiting(IMAGE) == 1);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void killedConnectionDoesNotRenderTwice() {
    startWorker();
    fleet.publish(Jobs.image().seconds(3).build());
    await().until(() -> !comfy.executed().isEmpty());

    BROKER.broker().closeAllConnections();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    await().until(() -> fleet.waiting(IMAGE) == 0);
    await().during(Duration.ofSeconds(2)).until(() -> fleet.waiting(Topology.RESULTS) == 0);
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void killedWorkersSuccessorAttachesToTheRunningPrompt() throws IOException {
    Process first = fleet.startProcess(comfy.url(), store.url());
    fleet.publish(Jobs.image().seconds(8).build());
    await().atMost(Duration.ofSeconds(40)).until(() -> !comfy.executed().isEmpty());

    first.destroyForcibly();
    startWorker();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void terminatedProcessFinishesItsJobAndEndsWithStatusZero() throws Exception {
    Process worker = fleet.startProcess(comfy.url(), store.url());
    fleet.publish(Jobs.image().seconds(3).build());
    await().atMost(Duration.ofSeconds(40)).until(() -> !comfy.executed().isEmpty());

    worker.destroy();

    assertThat(worker.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(worker.exitValue()).isZero();
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void drainLetsTheRunningJobEnd() {
    ConfigurableApplicationContext worker = startWorker();
    fleet.publish(Jobs.image().seconds(2).build());
    await().until(() -> !comfy.executed().isEmpty());
    fleet.publish(Jobs.image().build());

    fleet.stop(worker);

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(fleet.waiting(IMAGE)).isEqualTo(1);
  }

  @Test
  void drainGivesBackWhatDoesNotEndInTimeAndItRunsElsewhere() {
    ConfigurableApplicationContext worker = startWorker(Map.of("fleet.drain.deadline", "500ms"));
    Job job = Jobs.image().seconds(20).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());

    fleet.stop(worker);

    Message given = fleet.message(IMAGE);
    assertThat(given.getMessageProperties().getMessageId()).isEqualTo(job.jobId().toString());
    assertThat(new MessageCodec().decodeJob(given.getBody()).attempt()).isEqualTo(1);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void drainByAMessageGivesBackAndEndsAsOneByASignalDoes() throws Exception {
    Process worker = fleet.startProcess(comfy.url(), store.url(), "--fleet.drain.deadline=500ms");
    Job job = Jobs.image().seconds(20).build();
    fleet.publish(job);
    await().atMost(Duration.ofSeconds(40)).until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.Drain());

    Message given = fleet.message(IMAGE);
    assertThat(given.getMessageProperties().getMessageId()).isEqualTo(job.jobId().toString());
    assertThat(new MessageCodec().decodeJob(given.getBody()).attempt()).isEqualTo(1);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
    assertThat(worker.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(worker.exitValue()).isZero();
  }

  @Test
  void cancelStopsTheRunningJob() {
    startWorker();
    Job job = Jobs.image().seconds(20).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());

    await()
        .pollInterval(Duration.ofMillis(500))
        .until(() -> {
          tell(new ControlMessage.Cancel(job.jobId()));
          return fleet.waiting(Topology.RESULTS) == 1;
        });

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.CANCELLED);
  }

  @Test
  void pausedNodeTakesNoJobUntilResumed() {
    String heartbeats = fleet.bindHeartbeats();
    startWorker();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          tell(new ControlMessage.Pause());
          Message heartbeat = fleet.message(heartbeats);
          return new MessageCodec().decodeEvent(heartbeat.getBody()) instanceof Heartbeat beat
              && beat.state() == NodeState.PAUSED;
        });
    fleet.publish(Jobs.image().build());
    await().during(Duration.ofSeconds(1)).until(() -> fleet.waiting(IMAGE) == 1);

    tell(new ControlMessage.Resume());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  private void tell(ControlMessage word) {
    fleet
        .template()
        .send(
            Topology.CONTROL,
            Topology.controlKey("node-1"),
            new Message(new MessageCodec().encode(word)));
  }
}
