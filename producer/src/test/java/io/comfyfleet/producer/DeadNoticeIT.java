package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.topology.TopologyDeclaration;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A job whose message or result is a dead letter ends, and its run with it. */
class DeadNoticeIT {
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

  private static String dispatch() {
    return producer
        .post("/api/comfyui/dispatch", Producer.image("x"))
        .body()
        .get("job_id")
        .asString();
  }

  private static Producer.Answer failed(String jobId, ErrorCode code) {
    Producer.Answer job = producer.get("/api/jobs/" + jobId + "?wait=20");
    assertThat(job.body().get("status").asString()).as(job.body().toString()).isEqualTo("failed");
    assertThat(job.body().at("/result/error/code").asString()).isEqualTo(code.wireName());
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    worker.awaitEmpty(Topology.DEAD_NOTICES);
    return job;
  }

  @Test
  void jobThatEndedWithItsWorkerTooOftenFailsWithTheDeliveryLimit() {
    assumeThat(BrokerProfile.forServer(BROKER.broker().version()))
        .as("only quorum queues have a limit")
        .isEqualTo(BrokerProfile.QUORUM);
    String jobId = dispatch();
    for (int i = 0; i <= TopologyDeclaration.DELIVERY_LIMIT; i++) {
      worker.reject(Topology.laneQueue("image"), true);
    }

    Producer.Answer job = failed(jobId, ErrorCode.DELIVERY_LIMIT);

    assertThat(job.body().at("/result/error/message").asString()).contains("after 10 deliveries");
    assertThat(worker.take(Topology.DEAD).job().jobId()).hasToString(jobId);
  }

  @Test
  void jobThatAConsumerRefusedFailsAndItsLetterStays() {
    String jobId = dispatch();
    worker.reject(Topology.laneQueue("image"), false);

    Producer.Answer job = failed(jobId, ErrorCode.DELIVERY_LIMIT);

    assertThat(job.body().at("/result/error/message").asString()).contains("a consumer refused it");
    assertThat(worker.take(Topology.DEAD).job().jobId()).hasToString(jobId);
  }

  @Test
  void jobWhoseResultIsUnreadableFails() {
    String jobId = dispatch();
    worker.take(Topology.laneQueue("image"));
    worker.send(
        Topology.RESULTS,
        new AMQP.BasicProperties.Builder().messageId(jobId).build(),
        "{\"version\":1}");

    failed(jobId, ErrorCode.INTERNAL_ERROR);
    worker.take(Topology.DEAD);
  }

  @Test
  void jobWhoseResultIsCutOffIsFoundByTheIdInItsBody() {
    String jobId = dispatch();
    worker.take(Topology.laneQueue("image"));
    worker.sendBare(Topology.RESULTS, "{\"version\":1,\"job_id\": \"" + jobId + "\",\"stat");

    failed(jobId, ErrorCode.INTERNAL_ERROR);
    worker.take(Topology.DEAD);
  }

  @Test
  void lettersOfWorkersAndStrangersEndNothing() {
    String jobId = dispatch();
    FakeWorker.Taken message = worker.take(Topology.laneQueue("image"));
    Job job = message.job();
    worker.bury(message, ErrorCode.BAD_WORKFLOW);
    worker.sendBare(Topology.DEAD_NOTICES, "hello");
    worker.send(
        Topology.DEAD_NOTICES,
        new AMQP.BasicProperties.Builder()
            .headers(Map.of("x-fleet-origin", Topology.RESULTS))
            .messageId(UUID.randomUUID().toString())
            .build(),
        "not ours");
    worker.awaitEmpty(Topology.DEAD_NOTICES);

    assertThat(producer.get("/api/jobs/" + jobId).body().get("status").asString())
        .isEqualTo("queued");
    worker.succeed(job);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    worker.take(Topology.DEAD);
  }
}
