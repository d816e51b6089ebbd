package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Requests over the queue, as n8n's Send node writes them. */
class IntakeIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder, "--fleet.run.quiet-period=1s");
    worker = new FakeWorker(BROKER.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  @Test
  void barePromptEndsAsFinishedRun() {
    worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"a red fox\"}");

    Job job = worker.take(Topology.laneQueue("image")).job();
    assertThat(job.prompt()).isEqualTo("a red fox");
    worker.succeed(job);
    assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().status())
        .isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void messageIdReplyToAndCorrelationIdGoOnToTheWorker() {
    UUID id = UUID.randomUUID();
    worker.send(
        Topology.INTAKE,
        new AMQP.BasicProperties.Builder()
            .messageId(id.toString())
            .replyTo("mine")
            .correlationId("order 7")
            .build(),
        "{\"type\":\"image\",\"prompt\":\"a hare\",\"priority\":\"9\"}");

    FakeWorker.Taken message = worker.take(Topology.laneQueue("image"));
    assertThat(message.job().jobId()).isEqualTo(id);
    assertThat(message.properties().getPriority()).isEqualTo(9);
    assertThat(message.properties().getReplyTo()).isEqualTo("mine");
    assertThat(message.properties().getCorrelationId()).isEqualTo("order 7");
    worker.succeed(message.job());
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }

  @Test
  void resultGoesToTheQueueThatTheSenderNamed() {
    worker.listen();
    UUID id = worker.ask("order 8", "{\"type\":\"image\",\"prompt\":\"a hare\",\"priority\":9}");

    worker.succeed(worker.take(Topology.laneQueue("image")));

    FakeWorker.Taken answer = worker.take(worker.inbox());
    assertThat(answer.properties().getCorrelationId()).isEqualTo("order 8");
    assertThat(answer.properties().getPriority()).isEqualTo(9);
    assertThat(answer.header(MessageHeaders.IDEMPOTENCY_KEY)).isEqualTo("result:" + id);
    assertThat(FakeWorker.CODEC.decodeResult(answer.body()).status())
        .isEqualTo(ResultStatus.SUCCEEDED);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }

  @Test
  void repeatedMessageOfARunIsTheSameJobAndTheRunOfUnknownSizeCloses() {
    String body = "{\"type\":\"image\",\"prompt\":\"scene\",\"run_id\":\"n8n-1\",\"index\":0}";
    worker.sendBare(Topology.INTAKE, body);
    worker.sendBare(Topology.INTAKE, body);

    Job job = worker.take(Topology.laneQueue("image")).job();
    worker.awaitEmpty(Topology.INTAKE);
    worker.succeed(job);
    assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().results()).hasSize(1);
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
  }

  @Test
  void messageThatIsNoRequestIsADeadLetterWithTheReasonAndItsOwnBody() {
    worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"x\",\"priority\":11}");

    FakeWorker.Taken letter = worker.take(Topology.DEAD);
    assertThat(new String(letter.body())).contains("\"priority\":11");
    assertThat(letter.header(MessageHeaders.REASON)).isEqualTo("unreadable_message");
    assertThat(letter.header(MessageHeaders.ERROR)).contains("priority must be between 1 and 10");
    assertThat(letter.header(MessageHeaders.ORIGIN)).isEqualTo(Topology.INTAKE);
    worker.awaitEmpty(Topology.INTAKE);
  }

  @Test
  void letterOfARequestThatWouldHaveExpiredStays() {
    worker.send(
        Topology.INTAKE,
        new AMQP.BasicProperties.Builder().messageId("x").expiration("60000").build(),
        "{\"type\":\"image\"}");

    AMQP.BasicProperties letter = worker.take(Topology.DEAD).properties();
    assertThat(letter.getMessageId()).isEqualTo("x");
    assertThat(letter.getExpiration()).isNull();
  }

  @Test
  void letterOfAMessageThatMayBeARepeatIsNotCalledARepeatItself() {
    worker.send(
        Topology.RESULTS,
        new AMQP.BasicProperties.Builder()
            .headers(Map.of(MessageHeaders.REPEATED, true, "x-mine", "kept"))
            .build(),
        "no result");

    AMQP.BasicProperties letter = worker.take(Topology.DEAD).properties();
    assertThat(letter.getHeaders())
        .containsKey("x-mine")
        .doesNotContainKey(MessageHeaders.REPEATED);
  }

  @Test
  void bytesThatAreNoJsonAreADeadLetter() {
    worker.sendBare(Topology.INTAKE, "\u0000\u0001 hello");

    assertThat(worker.take(Topology.DEAD).header(MessageHeaders.ERROR)).contains("not JSON");
  }

  @Test
  void resultThatIsNoneIsADeadLetterAndTheNextIsKept() {
    worker.sendBare(Topology.RESULTS, "{\"version\":1}");
    worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"after\"}");
    worker.succeed(worker.take(Topology.laneQueue("image")).job());

    assertThat(worker.take(Topology.DEAD).header(MessageHeaders.ORIGIN))
        .isEqualTo(Topology.RESULTS);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }
}
