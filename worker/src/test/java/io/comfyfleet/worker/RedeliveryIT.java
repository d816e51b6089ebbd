package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.process.TcpProxy;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.context.ConfigurableApplicationContext;

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
    // The older broker may take ten seconds to close connections on a busy machine.
    fleet.publish(Jobs.image().seconds(20).build());
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
      fleet.publish(job.replayed(1, null), repeated());

      fleet.startWorker(other.url(), store.url(), Map.of("fleet.node.id", "node-2"));

      assertThat(fleet.result().replay()).isEqualTo(1);
    }
  }

  @Test
  void promptOfAKilledWorkerGoesOnWhileItsSuccessorIsHandedAnotherJobFirst() throws Exception {
    Process first = fleet.startProcess(comfy.url(), store.url());
    Job video = Jobs.video().seconds(25).build();
    fleet.publish(video);
    await().atMost(Duration.ofSeconds(40)).until(() -> !comfy.executed().isEmpty());
    // The lane that a new worker looks into first.
    fleet.publish(Jobs.image().build());

    first.destroyForcibly();
    startWorker();

    assertThat(List.of(fleet.result().status(), fleet.result().status()))
        .containsOnly(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(2);
  }

  @Test
  void workerThatWasStoppedWhileItAskedWhoHasAJobAsksAgainBeforeItBegins() throws Exception {
    String questions = fleet.bindControl();
    Process worker = fleet.startProcess(comfy.url(), store.url());
    Job job = Jobs.image().build();
    fleet.publish(job, repeated());
    awaitQuestion(questions);
    signal(worker, "STOP");
    Instant stopped = Instant.now();
    // Longer than it waits for answers.
    await().until(() -> Instant.now().isAfter(stopped.plusSeconds(6)));
    while (fleet.messageNow(questions) != null) {}

    signal(worker, "CONT");
    awaitQuestion(questions);
    fleet.tell("node-1", new ControlMessage.Done(job.jobId(), job.tryName()));

    await().until(() -> fleet.waiting(IMAGE) == 0);
    Job next = Jobs.image().build();
    fleet.publish(next);
    assertThat(fleet.result().jobId()).isEqualTo(next.jobId());
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void promptOfAJobThatIsCancelledBeforeItsRestartedWorkerBeginsAgainIsCancelledToo()
      throws Exception {
    String questions = fleet.bindControl();
    Process first = fleet.startProcess(comfy.url(), store.url());
    Job video = Jobs.video().seconds(120).build();
    fleet.publish(video);
    await().atMost(Duration.ofSeconds(40)).until(() -> !comfy.executed().isEmpty());
    first.destroyForcibly();
    startWorker();

    awaitQuestion(questions);
    fleet.tell("node-1", new ControlMessage.Cancel(video.jobId()));

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.CANCELLED);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> "interrupted".equals(comfy.executed().getFirst().outcome()));
  }

  @Test
  void jobOfANodeThatObeysNoInterruptIsGivenBackUncountedBeforeItsWorkerEnds() {
    comfy.faults().once(Fault.LONG_NODE);
    ConfigurableApplicationContext worker =
        startWorker(
            Map.of("fleet.drain.deadline", "100ms", "fleet.health.interrupt-patience", "30s"));
    fleet.publish(Jobs.image().seconds(60).build());
    await().until(() -> !comfy.executed().isEmpty());

    fleet.stop(worker);

    assertUncounted(fleet.message(IMAGE));
    assertThat(fleet.waiting(IMAGE)).isZero();
  }

  @Test
  void jobThatWasGivenBackInANodeThatObeysNoInterruptIsNotTakenForInterruptedBySomebody() {
    comfy.faults().once(Fault.LONG_NODE);
    ConfigurableApplicationContext first =
        startWorker(
            Map.of("fleet.drain.deadline", "500ms", "fleet.health.interrupt-patience", "1s"));
    fleet.publish(Jobs.image().seconds(9).maxAttempts(1).build());
    await().until(() -> !comfy.executed().isEmpty());

    fleet.stop(first);
    startWorker();

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(2);
  }

  @Test
  void jobThatIsGivenBackDidNotEndWithItsWorkerOnAnyBroker() {
    fleet.publish(Jobs.image().seconds(60).build());
    for (int times = 1; times <= 2; times++) {
      int before = comfy.executed().size();
      ConfigurableApplicationContext worker = startWorker(Map.of("fleet.drain.deadline", "100ms"));
      await().atMost(Duration.ofSeconds(30)).until(() -> comfy.executed().size() > before);
      fleet.stop(worker);
    }

    assertUncounted(fleet.message(IMAGE));
  }

  @Test
  void jobThatWaitsForASlotWhenItsWorkerEndsIsGivenBackUncountedOnAnyBroker() {
    fleet.publish(Jobs.image().seconds(60).build());
    fleet.publish(Jobs.image().seconds(60).build());
    for (int times = 1; times <= 2; times++) {
      int before = comfy.executed().size();
      ConfigurableApplicationContext worker =
          startWorker(Map.of("fleet.drain.deadline", "100ms", "fleet.intake.look-ahead", 1));
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> comfy.executed().size() > before && fleet.waiting(IMAGE) == 0);
      fleet.stop(worker);
    }

    assertUncounted(fleet.message(IMAGE));
    assertUncounted(fleet.message(IMAGE));
  }

  @Test
  void nodeThatIsPausedWhileItAsksWhoHasAJobDoesNotBeginIt() {
    String questions = fleet.bindControl();
    startWorker();
    fleet.publish(Jobs.image().build(), repeated());

    fleet.message(questions);
    fleet.tell("node-1", new ControlMessage.Pause());

    await().until(() -> fleet.waiting(IMAGE) == 1);
    assertThat(comfy.executed()).isEmpty();
  }

  @Test
  void deliveryOfAConnectionThatTheBrokerHasGivenUpIsNotBegun() throws Exception {
    URI broker = URI.create(BROKER.uri());
    try (TcpProxy line = new TcpProxy(new InetSocketAddress(broker.getHost(), broker.getPort()));
        SimulatedComfyUi other = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      startWorker(
          Map.of(
              "spring.rabbitmq.addresses",
              BROKER.uri().replace(broker.getAuthority(), through(broker, line)),
              "spring.rabbitmq.requested-heartbeat",
              "60s",
              "fleet.intake.lanes",
              "image"));
      await().until(() -> consumers() == 1);
      line.hold();
      Job job = Jobs.image().build();
      fleet.publish(job);
      BROKER.broker().closeAllConnections();
      await().until(() -> consumers() == 0);
      fleet.startWorker(other.url(), store.url(), Map.of("fleet.node.id", "node-2"));
      assertThat(fleet.result().jobId()).isEqualTo(job.jobId());
      fleet.pause("node-2");

      line.pass();

      await().during(Duration.ofSeconds(1)).until(() -> comfy.executed().isEmpty());
      line.release();
      fleet.publish(Jobs.image().build());
      assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
      assertThat(comfy.executed()).hasSize(1);
    }
  }

  private static String through(URI broker, TcpProxy line) {
    return broker.getRawUserInfo() + "@127.0.0.1:" + line.port();
  }

  private int consumers() {
    return fleet.template().execute(channel -> (int) channel.consumerCount(IMAGE));
  }

  @Test
  void letterOfAJobThatMayBeARepeatIsNotCalledARepeatItself() {
    comfy.faults().latch(Fault.EXECUTION_ERROR);
    startWorker();

    fleet.publish(Jobs.image().maxAttempts(1).build(), repeated());

    assertThat(fleet.message(Topology.DEAD).getMessageProperties().getHeaders())
        .containsKey(MessageHeaders.REASON)
        .doesNotContainKey(MessageHeaders.REPEATED);
  }

  @Test
  void copyOfATryThatFailedHereIsNotTriedAgain() {
    comfy.faults().latch(Fault.EXECUTION_ERROR);
    startWorker();
    Job job = Jobs.image().maxAttempts(1).build();
    fleet.publish(job);
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.FAILED);

    fleet.publish(job, repeated());
    Job next = Jobs.image().maxAttempts(1).build();
    fleet.publish(next);

    assertThat(fleet.result().jobId()).isEqualTo(next.jobId());
    assertThat(comfy.executed()).hasSize(2);
  }

  @Test
  void copyOfATryThatFailedAtAnotherNodeIsNotTriedAgain() {
    comfy.faults().latch(Fault.EXECUTION_ERROR);
    startWorker();
    Job job = Jobs.image().maxAttempts(1).build();
    fleet.publish(job);
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.FAILED);
    fleet.pause("node-1");
    try (SimulatedComfyUi other = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      fleet.startWorker(other.url(), store.url(), Map.of("fleet.node.id", "node-2"));

      fleet.publish(job, repeated());
      Job next = Jobs.image().build();
      fleet.publish(next);

      assertThat(fleet.result().jobId()).isEqualTo(next.jobId());
      assertThat(other.executed()).hasSize(1);
    }
  }

  @Test
  void wordThatATryIsDoneDoesNotEndALaterTryOfTheSameJob() throws Exception {
    startWorker();
    Job first = Jobs.image().seconds(2).build();
    Job second = first.nextAttempt(Jobs.ended("node-2", ErrorCode.EXECUTION_FAILED));
    fleet.publish(second);
    await().until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.Done(first.jobId(), first.tryName()));

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  private void awaitQuestion(String questions) {
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() ->
            codec.decodeControl(fleet.message(questions).getBody())
                instanceof ControlMessage.WhoHas);
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
        .isZero();
  }

  private static void assertUncounted(Message message) {
    MessageProperties properties = message.getMessageProperties();
    // RabbitMQ's own count, where it keeps one, is absent on what was given back.
    assertThat(properties.<Object>getHeader("x-delivery-count")).isNull();
    assertThat(properties.<Number>getHeader("x-fleet-deaths"))
        .satisfiesAnyOf(
            deaths -> assertThat(deaths).isNull(),
            deaths -> assertThat(deaths.longValue()).isZero());
  }

  private static MessageProperties repeated() {
    MessageProperties properties = new MessageProperties();
    properties.setHeader(MessageHeaders.REPEATED, true);
    return properties;
  }
}
