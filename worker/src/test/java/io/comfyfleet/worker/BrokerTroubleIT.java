package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import io.comfyfleet.worker.node.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.core.RabbitAdmin;

/** The broker goes away, refuses, or takes back what it gave, while a job runs. */
class BrokerTroubleIT extends OneMachine {
  @Test
  void brokerThatRestartsWhileAJobRunsGetsItsResultAndNothingIsRenderedTwice() {
    startWorker();
    fleet.publish(Jobs.image().seconds(12).build());
    awaitRunning();

    BROKER.broker().restart();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    await().atMost(Duration.ofSeconds(30)).until(() -> fleet.waiting(IMAGE) == 0);
    assertThat(comfy.executed()).hasSize(1);
    fleet.publish(Jobs.image().build());
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void brokerThatRestartsDoesNotMakeAnIdleMachineRenderWhatABusyOneHas() {
    try (SimulatedComfyUi idle = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      startWorker();
      fleet.publish(Jobs.image().seconds(15).build());
      awaitRunning();
      fleet.startWorker(idle.url(), store.url(), Map.of("fleet.node.id", "node-2"));

      BROKER.broker().restart();

      Result result = fleet.result();
      assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
      assertThat(result.nodeId()).isEqualTo("node-1");
      assertThat(comfy.executed()).hasSize(1);
      assertThat(idle.executed()).isEmpty();
    }
  }

  @Test
  void jobThatEndedWhileTheBrokerWasAwayIsNotRenderedByAnIdleMachine() {
    try (SimulatedComfyUi idle = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      startWorker();
      fleet.publish(Jobs.image().seconds(12).build());
      awaitRunning();
      fleet.startWorker(idle.url(), store.url(), Map.of("fleet.node.id", "node-2"));
      // Its job ends, and no new one comes to it: the redelivery goes to the other.
      fleet.tell("node-1", new ControlMessage.Pause());

      BROKER.broker().stop();
      awaitEnded();
      Instant ended = Instant.now();
      await().until(() -> Instant.now().isAfter(ended.plusSeconds(3)));
      BROKER.broker().start();

      assertThat(fleet.result().nodeId()).isEqualTo("node-1");
      await().until(() -> fleet.waiting("fleet.jobs.image") == 0);
      assertThat(idle.executed()).isEmpty();
    }
  }

  /** The test is the node that has the job, and needs two seconds to find the broker again. */
  @Test
  void workerThatWasJustStartedGivesTheOthersTimeToFindTheBrokerToo() {
    String questions = fleet.bindControl();
    startWorker();
    Job job = Jobs.image().build();
    MessageProperties properties = new MessageProperties();
    properties.setHeader(MessageHeaders.REPEATED, true);
    fleet.publish(job, properties);

    fleet.message(questions);
    Instant begun = Instant.now();
    await()
        .until(() ->
            codec.decodeControl(fleet.message(questions).getBody()) instanceof ControlMessage.WhoHas
                && Instant.now().isAfter(begun.plusSeconds(2)));
    fleet.tell("node-1", new ControlMessage.Done(job.jobId(), null));

    fleet.publish(Jobs.image().build());
    assertThat(fleet.result().jobId()).isNotEqualTo(job.jobId());
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void workerWhoseSlotsAreAllAtWorkKnowsThatItsConnectionIsNew() {
    Node node = startWorker().getBean(Node.class);
    fleet.publish(Jobs.image().seconds(20).build());
    awaitRunning();
    Duration life = Duration.ofSeconds(1);
    await().until(() -> node.isConnectedFor(life));

    BROKER.broker().closeAllConnections();

    await().atMost(Duration.ofSeconds(15)).until(() -> !node.isConnectedFor(life));
    assertThat(comfy.executed()).hasSize(1);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void brokerThatIsAwayWhenAJobEndsGetsItsResultLater() {
    startWorker();
    fleet.publish(Jobs.image().seconds(12).build());
    awaitRunning();

    BROKER.broker().stop();
    awaitEnded();
    BROKER.broker().start();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void resultThatTheBrokerDoesNotTakeIsKeptAndItsJobNotAcknowledged() throws Exception {
    startWorker();
    // Commanding the broker takes seconds, which the job must outlast.
    fleet.publish(Jobs.image().seconds(12).build());
    awaitRunning();

    BROKER.broker().raiseMemoryAlarm();
    // The fleet's own connection has published and is blocked like the worker's.
    try (Connection looking = connect();
        Channel channel = looking.createChannel()) {
      awaitEnded();
      await()
          .during(Duration.ofSeconds(3))
          .until(() -> channel.messageCount(Topology.RESULTS) == 0);
    } finally {
      BROKER.broker().clearMemoryAlarm();
    }

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempt()).isEqualTo(1);
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void failureThatTheBrokerDoesNotTakeForLongIsPublishedOnce() throws Exception {
    startWorker();
    // Its result leaves an open channel behind; opening one would wait for the broker anyway.
    fleet.publish(Jobs.image().build());
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    comfy.faults().once(Fault.VIEW_MISSING);
    fleet.publish(Jobs.image().seconds(12).build());
    await().until(() -> comfy.executed().size() == 2);
    fleet.tell("node-1", new ControlMessage.Pause());

    BROKER.broker().raiseMemoryAlarm();
    await().atMost(Duration.ofSeconds(30)).until(() -> comfy.executed().getLast().ended() != null);
    Instant ended = Instant.now();
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> Instant.now().isAfter(ended.plusSeconds(25)));
    BROKER.broker().clearMemoryAlarm();

    await().atMost(Duration.ofSeconds(20)).until(() -> fleet.waiting(IMAGE) > 0);
    await().during(Duration.ofSeconds(3)).until(() -> fleet.waiting(IMAGE) == 1);
  }

  @Test
  void brokerThatTakesNothingDoesNotKeepAnIdleMachineFromAsking() throws Exception {
    try (SimulatedComfyUi idle = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      startWorker();
      fleet.publish(Jobs.image().seconds(30).build());
      awaitRunning();
      fleet.startWorker(idle.url(), store.url(), Map.of("fleet.node.id", "node-2"));
      String heartbeats = fleet.bindHeartbeats();
      await().until(() -> tells(heartbeats, "node-2"));

      BROKER.broker().raiseMemoryAlarm();
      try {
        BROKER.broker().closeAllConnections();
        await().during(Duration.ofSeconds(10)).atMost(Duration.ofSeconds(11)).until(() -> true);
      } finally {
        BROKER.broker().clearMemoryAlarm();
      }

      assertThat(fleet.result().nodeId()).isEqualTo("node-1");
      assertThat(idle.executed()).isEmpty();
    }
  }

  private boolean tells(String heartbeats, String nodeId) {
    return codec.decodeEvent(fleet.message(heartbeats).getBody()) instanceof Heartbeat beat
        && beat.nodeId().equals(nodeId);
  }

  @Test
  void queueThatIsDeletedWhileAJobOfItRunsLosesNoResult() {
    startWorker();
    fleet.publish(Jobs.image().seconds(3).build());
    awaitRunning();

    new RabbitAdmin(fleet.template()).deleteQueue(IMAGE);
    fleet.declareAgain();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    fleet.publish(Jobs.image().build());
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(2);
  }

  /** Forty minutes against thirty, in seconds: twelve against five. */
  @Test
  void jobThatRunsLongerThanTheBrokersLimitIsNotRedelivered() {
    BROKER.broker().consumerTimeout(Duration.ofSeconds(5));
    try {
      startWorker();
      Job job = Jobs.image().seconds(12).build();
      fleet.publish(job);
      awaitRunning();

      Result result = fleet.result();

      assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
      assertThat(fleet.waiting(IMAGE)).isZero();
      assertThat(comfy.executed()).hasSize(1);
    } finally {
      BROKER.broker().consumerTimeout(Duration.ofMinutes(30));
    }
  }

  @Test
  void queueThatIsDeletedAndDeclaredAgainIsServedAgain() {
    startWorker();
    fleet.publish(Jobs.image().build());
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);

    new RabbitAdmin(fleet.template()).deleteQueue(IMAGE);
    fleet.declareAgain();
    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void workerThatStartsBeforeItsQueuesWaitsForThem() {
    new RabbitAdmin(fleet.template()).deleteQueue(IMAGE);
    startWorker();

    fleet.declareAgain();
    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  private static Connection connect() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(BROKER.uri());
    return factory.newConnection("looking");
  }

  private void awaitRunning() {
    await().atMost(Duration.ofSeconds(20)).until(() -> !comfy.executed().isEmpty());
  }

  private void awaitEnded() {
    await().atMost(Duration.ofSeconds(30)).until(() -> comfy.executed().getFirst().ended() != null);
  }
}
