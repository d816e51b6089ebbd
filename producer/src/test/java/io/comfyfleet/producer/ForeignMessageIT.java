package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What AMQP allows and Spring AMQP by itself would not hand on reaches its consumer all the same.
 */
class ForeignMessageIT {
  private static final AMQP.BasicProperties MODE_3 =
      new AMQP.BasicProperties.Builder().deliveryMode(3).build();
  private static final AMQP.BasicProperties BATCH =
      new AMQP.BasicProperties.Builder()
          .headers(Map.of("springBatchFormat", "lengthHeader4"))
          .build();

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
    worker.awaitTopology();
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  @Test
  void requestOfAnUnknownDeliveryModeIsAccepted() {
    assumeAnyDeliveryModeIsTaken();
    worker.send(Topology.INTAKE, MODE_3, "{\"type\":\"image\",\"prompt\":\"mode 3\"}");

    finish("mode 3");
  }

  @Test
  void badRequestOfAnUnknownDeliveryModeIsADeadLetter() {
    assumeAnyDeliveryModeIsTaken();
    worker.send(Topology.INTAKE, MODE_3, "no request");

    deadLetter("no request", Topology.INTAKE);
    nextRequestIsAccepted();
  }

  @Test
  void noticesOfUnknownDeliveryModeAndInBatchesHoldUpNoOther() {
    assumeAnyDeliveryModeIsTaken();
    worker.send(Topology.DEAD_NOTICES, MODE_3, "no letter");
    worker.send(Topology.DEAD_NOTICES, BATCH, "no batch");
    String jobId =
        producer
            .post("/api/comfyui/dispatch", Producer.image("refused"))
            .body()
            .get("job_id")
            .asString();
    worker.reject(Topology.laneQueue("image"), false);

    Producer.Answer job = producer.get("/api/jobs/" + jobId + "?wait=20");

    assertThat(job.body().get("status").asString()).isEqualTo("failed");
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    worker.take(Topology.DEAD);
    worker.awaitEmpty(Topology.DEAD_NOTICES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "longer than its first part says",
        "\0\0\0\2{}\0\0\0\2{}",
      })
  void batchOfSpringAmqpIsADeadLetterAsAWhole(String body) {
    worker.send(Topology.INTAKE, BATCH, body);

    deadLetter(body, Topology.INTAKE);
    nextRequestIsAccepted();

    worker.send(Topology.RESULTS, BATCH, body);

    deadLetter(body, Topology.RESULTS);
    nextRequestIsAccepted();
  }

  /** Older brokers refuse such a message themselves. */
  private static void assumeAnyDeliveryModeIsTaken() {
    assumeThat(BrokerProfile.forServer(BROKER.broker().version())).isEqualTo(BrokerProfile.QUORUM);
  }

  private static void deadLetter(String body, String origin) {
    FakeWorker.Taken letter = worker.take(Topology.DEAD);
    assertThat(new String(letter.body())).isEqualTo(body);
    assertThat(letter.header(MessageHeaders.REASON)).isEqualTo("unreadable_message");
    assertThat(letter.header(MessageHeaders.ORIGIN)).isEqualTo(origin);
  }

  private static void nextRequestIsAccepted() {
    worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"the next\"}");
    finish("the next");
  }

  private static void finish(String prompt) {
    Job job = worker.take(Topology.laneQueue("image")).job();
    assertThat(job.prompt()).isEqualTo(prompt);
    worker.succeed(job);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    assertThat(worker.depth(Topology.DEAD)).isZero();
  }
}
