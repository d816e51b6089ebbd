package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.topology.Topology;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

/** A job's message comes to a node that has met the job before, or after somebody else has. */
class RedeliveryIT extends OneMachine {
  private static final String DEFERRED = Topology.retry(Duration.ofSeconds(15));

  @Test
  void jobThatWasPutBackToWaitHereIsNotTakenForDoneWhenItsNextDeliveryBreaksOff() throws Exception {
    startWorker();
    Job job = Jobs.image().seconds(2).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());
    fleet.tell("node-1", new ControlMessage.Defer(job.jobId()));
    Message waiting = fleet.message(DEFERRED);
    fleet.pause("node-1");

    fleet.template().send(Topology.JOBS, "image", waiting);
    takeAndDie();
    fleet.tell("node-1", new ControlMessage.Resume());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void jobThatHadBegunDoesNotExpireWhenItsMessageComesAgain() throws Exception {
    Job job = Jobs.image().expiresAt(Instant.now().minusSeconds(5)).build();
    fleet.publish(job);
    takeAndDie();

    startWorker();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void attemptThatFailedAfterItsDeliveryWasTakenBackLeavesOneMessageOfItsJob() {
    comfy.faults().once(Fault.VIEW_MISSING);
    startWorker();
    fleet.publish(Jobs.image().seconds(3).build());
    await().until(() -> !comfy.executed().isEmpty());

    BROKER.broker().closeAllConnections();

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempts()).isEmpty();
    assertThat(comfy.executed()).hasSize(1);
    assertThat(fleet.waiting(IMAGE)).isZero();
    assertThat(fleet.waiting(Topology.retry(Duration.ofSeconds(1)))).isZero();
  }

  @Test
  void replayedJobIsDoneAgainByTheNodeThatOnceSucceeded() {
    startWorker();
    Job job = Jobs.image().build();
    fleet.publish(job);
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);

    fleet.publish(job.replayed(1, null));

    Result again = fleet.result();
    assertThat(again.jobId()).isEqualTo(job.jobId());
    assertThat(again.replay()).isEqualTo(1);
  }

  @Test
  void nodeThatHasDoneAJobDoesNotSayThatItHasDoneItsReplay() {
    startWorker();
    Job job = Jobs.image().build();
    fleet.publish(job);
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    try (SimulatedComfyUi other = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      fleet.pause("node-1");
      MessageProperties doubtful = new MessageProperties();
      doubtful.setHeader("x-fleet-repeated", true);
      fleet.publish(job.replayed(1, null), doubtful);

      fleet.startWorker(other.url(), store.url(), Map.of("fleet.node.id", "node-2"));

      assertThat(fleet.result().replay()).isEqualTo(1);
    }
  }

  /** Takes the next job and ends the connection, as a worker that is killed does. */
  private void takeAndDie() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(BROKER.uri());
    try (Connection connection = factory.newConnection()) {
      var channel = connection.createChannel();
      await().until(() -> channel.basicGet(IMAGE, false) != null);
    }
  }
}
