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
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

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

  /** The first word with that value; those of other tests' letters before it are passed over. */
  private static JsonNode toldOf(String field, String value) {
    JsonNode told;
    do {
      told = worker.takeJson(Topology.DEAD_EVENTS_QUEUE);
    } while (!told.path(field).asString("").equals(value));
    return told;
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
  void jobWhoseMessageAWorkerCouldNotReadFails() {
    String jobId = dispatch();
    worker.bury(worker.take(Topology.laneQueue("image")), ErrorCode.UNREADABLE_MESSAGE);

    failed(jobId, ErrorCode.UNREADABLE_MESSAGE);
    worker.take(Topology.DEAD);
  }

  @Test
  void eachLetterIsToldOfInWordsThatCanBeRead() {
    String jobId = dispatch();
    FakeWorker.Taken message = worker.take(Topology.laneQueue("image"));
    worker.giveUp(
        message,
        ErrorCode.BAD_WORKFLOW,
        "steps is 0",
        "gpu-1",
        Instant.parse("2026-01-01T00:00:00Z"));
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    JsonNode told = toldOf("job_id", jobId);
    String letter =
        producer.get("/api/dead-letters?job=" + jobId).body().at("/letters/0/id").asString();

    assertThat(told.get("letter").asString()).isEqualTo(letter);
    assertThat(told.get("letter_url").asString()).endsWith("/api/dead-letters/" + letter);
    assertThat(told.get("reason").asString()).isEqualTo("bad_workflow");
    assertThat(told.get("message").asString()).isEqualTo("steps is 0");
    assertThat(told.get("node_id").asString()).isEqualTo("gpu-1");
    assertThat(told.get("origin").asString()).isEqualTo("fleet.jobs.image");
    worker.take(Topology.DEAD);

    worker.sendBare(Topology.INTAKE, "no json at all");

    told = toldOf("origin", Topology.INTAKE);
    assertThat(told.has("job_id")).isFalse();
    assertThat(told.get("origin").asString()).isEqualTo(Topology.INTAKE);
    assertThat(told.get("message").asString()).isNotBlank();
    worker.take(Topology.DEAD);
  }

  @Test
  void letterThatTheBrokerWroteIsToldOfByTheIdThatTheListShows() {
    String jobId = dispatch();
    worker.reject(Topology.laneQueue("image"), false);
    failed(jobId, ErrorCode.DELIVERY_LIMIT);

    JsonNode told = toldOf("job_id", jobId);

    assertThat(told.get("letter"))
        .isEqualTo(producer.get("/api/dead-letters?job=" + jobId).body().at("/letters/0/id"));
    assertThat(told.get("reason").asString()).isEqualTo("rejected");
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
