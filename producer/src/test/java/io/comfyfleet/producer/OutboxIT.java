package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.Broker;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.h2.api.Trigger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What is accepted is published, whatever happens in between. */
@Isolated("stops the broker")
class OutboxIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  @Test
  void jobAcceptedByAProcessThatNeverPublishedItIsPublishedByTheNext() throws Exception {
    String jobId;
    try (Producer first = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false")) {
      Producer.Answer answer = first.post("/api/comfyui/dispatch", Producer.image("kept"));
      jobId = answer.body().get("job_id").asString();
      assertThat(answer.body().get("status").asString()).isEqualTo("accepted");
    }
    try (FakeWorker worker = new FakeWorker(BROKER.uri());
        Producer second = Producer.start(BROKER.uri(), folder)) {
      FakeWorker.Taken message = worker.take(Topology.laneQueue("image"));
      Job job = message.job();

      assertThat(job.jobId()).hasToString(jobId);
      // The first never sent it: whoever takes it need not ask.
      assertThat(message.properties().getHeaders()).doesNotContainKey(MessageHeaders.REPEATED);
      worker.succeed(job);
      assertThat(second.get("/api/jobs/" + jobId + "?wait=20").body().get("status").asString())
          .isEqualTo("succeeded");
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
    }
  }

  @Test
  void jobThatWasPublishedButNotStruckOffIsRepeatedWithAWord() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      String image = Topology.laneQueue("image");
      worker.awaitQueue(image);
      producer.post("/api/comfyui/dispatch", Producer.image("once"));
      failOneDelete(producer);

      producer.bean(SmartLifecycle.class, "outboxLoop").start();

      assertThat(worker.take(image).properties().getHeaders())
          .doesNotContainKey(MessageHeaders.REPEATED);
      FakeWorker.Taken again = worker.take(image);
      assertThat(again.header(MessageHeaders.REPEATED)).isEqualTo("true");
      worker.succeed(again);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  private static void failOneDelete(Producer producer) {
    FailsOnce.FAILED.set(false);
    producer
        .bean(JdbcClient.class)
        .sql(
            "create trigger fails_once before delete on outbox for each row call '%s'"
                .formatted(FailsOnce.class.getName()))
        .update();
  }

  private static int waiting(Producer producer) {
    return producer.get("/actuator/health").body().at("/components/outbox/details/waiting").asInt();
  }

  /** The database goes away between the broker's confirm and the end of the row. */
  public static final class FailsOnce implements Trigger {
    private static final AtomicBoolean FAILED = new AtomicBoolean();

    @Override
    public void fire(Connection connection, Object[] before, Object[] after) throws SQLException {
      if (!FAILED.getAndSet(true)) {
        throw new SQLException("gone");
      }
    }
  }

  @Test
  void workIsAcceptedWhileTheBrokerIsAwayAndPublishedWhenItIsBack() throws Exception {
    Broker broker = BROKER.broker();
    try (Producer producer = Producer.start(BROKER.uri(), folder)) {
      broker.stop();
      Producer.Answer answer;
      try {
        answer = producer.post("/api/comfyui/dispatch", Producer.image("patient"));
        Instant accepted = Instant.now();
        Awaitility.await("health tells")
            .atMost(Duration.ofSeconds(20))
            .until(() ->
                producer
                    .get("/actuator/health")
                    .body()
                    .at("/components/outbox/details")
                    .toString()
                    .contains("waits in the database"));
        assertThat(producer.get("/actuator/health/readiness").status()).isEqualTo(200);
        Awaitility.await("it is known since when the job waits, however often it was tried")
            .until(() -> !waitsSince(producer).isAfter(accepted));
      } finally {
        broker.start();
      }
      assertThat(answer.status()).isEqualTo(202);
      try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
        worker.succeed(worker.take(Topology.laneQueue("image")).job());
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
      }
    }
  }

  private static Instant waitsSince(Producer producer) {
    return producer
        .bean(JdbcClient.class)
        .sql("select min(due_at) from outbox")
        .query(OffsetDateTime.class)
        .single()
        .toInstant();
  }

  @Test
  void producerStartsAndAnswersWithoutABroker() throws Exception {
    Broker broker = BROKER.broker();
    broker.stop();
    try (Producer producer = Producer.start(BROKER.uri(), folder)) {
      Producer.Answer answer = producer.post("/api/comfyui/dispatch", Producer.image("early"));
      broker.start();

      assertThat(answer.status()).isEqualTo(202);
      try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
        worker.awaitQueue(Topology.laneQueue("image"));
        worker.succeed(worker.take(Topology.laneQueue("image")).job());
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
      }
    } finally {
      broker.start();
    }
  }

  @Test
  void jobThatNoQueueTakesFailsWithTheReason() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder, "--fleet.lanes=image.flux");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      Map<String, Object> request = Map.of("type", "image", "prompt", "x", "lane", "image.flux");
      worker.awaitQueue(Topology.laneQueue("image.flux"));
      producer.post("/api/comfyui/dispatch", request);
      // Each new connection declares all queues; by now both are there.
      worker.take(Topology.laneQueue("image.flux"));
      worker.deleteQueue(Topology.laneQueue("image.flux"));
      Producer.Answer answer = producer.post("/api/comfyui/dispatch?wait=20", request);

      assertThat(answer.body().get("status").asString()).isEqualTo("failed");
      assertThat(answer.body().at("/result/error/message").asString()).contains("no queue");
      FakeWorker.Taken letter = worker.take(Topology.DEAD);
      assertThat(letter.job().jobId()).hasToString(answer.body().get("job_id").asString());
      assertThat(letter.header(MessageHeaders.REASON)).isEqualTo("internal_error");
      assertThat(letter.header(MessageHeaders.ORIGIN)).isEqualTo(Topology.laneQueue("image.flux"));
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void replayedRequestThatNoQueueTakesIsADeadLetterAgain() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder);
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      String letter = refusedRequest(producer, worker, "order-17");
      worker.deleteQueue(Topology.INTAKE);

      replay(producer, letter);

      FakeWorker.Taken again = worker.take(Topology.DEAD);
      assertThat(new String(again.body())).contains("fox");
      assertThat(again.header(MessageHeaders.REASON)).isEqualTo("internal_error");
      assertThat(again.header(MessageHeaders.ORIGIN)).isEqualTo(Topology.INTAKE);
    }
  }

  @Test
  void replayedRequestThatIsPublishedTwiceIsOneJob() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      replay(producer, refusedRequest(producer, worker, "order-17"));
      failOneDelete(producer);

      producer.bean(SmartLifecycle.class, "outboxLoop").start();
      Job job = worker.take(Topology.laneQueue("image")).job();
      Awaitility.await("the outbox is empty, the request repeated")
          .atMost(Duration.ofSeconds(40))
          .until(() -> waiting(producer) == 0);
      worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"the next\"}");
      Job next = worker.take(Topology.laneQueue("image")).job();

      assertThat(job.prompt()).isEqualTo("fox");
      assertThat(next.prompt()).isEqualTo("the next");
      worker.succeed(job);
      worker.succeed(next);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  /** The id of the letter of a request that lacks its prompt. */
  private static String refusedRequest(Producer producer, FakeWorker worker, String messageId) {
    worker.send(
        Topology.INTAKE,
        new AMQP.BasicProperties.Builder().messageId(messageId).build(),
        "{\"type\":\"image\"}");
    Awaitility.await("letter")
        .atMost(Duration.ofSeconds(20))
        .until(() -> worker.depth(Topology.DEAD) == 1);
    return producer.get("/api/dead-letters").body().at("/letters/0/id").asString();
  }

  private static void replay(Producer producer, String letter) {
    Producer.Answer answer =
        producer.post("/api/dead-letters/" + letter + "/replay", "{\"job\":{\"prompt\":\"fox\"}}");
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
  }

  @Test
  void whatWasSentBeforeTheConnectionBrokeIsRepeatedOnlyWithAWord() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      String image = Topology.laneQueue("image");
      worker.awaitQueue(image);
      List.of("a", "b", "c")
          .forEach(prompt -> producer.post("/api/comfyui/dispatch", Producer.image(prompt)));
      AtomicInteger sent = new AtomicInteger();
      producer
          .bean(RabbitTemplate.class)
          .addBeforePublishPostProcessors(message -> {
            if (sent.incrementAndGet() == 2) {
              producer.bean(CachingConnectionFactory.class).resetConnection();
            }
            return message;
          });

      producer.bean(SmartLifecycle.class, "outboxLoop").start();

      Awaitility.await("everything is published")
          .atMost(Duration.ofSeconds(30))
          .until(() -> waiting(producer) == 0);
      Map<UUID, List<String>> words = new HashMap<>();
      while (worker.depth(image) > 0) {
        FakeWorker.Taken message = worker.take(image);
        words
            .computeIfAbsent(message.job().jobId(), id -> new ArrayList<>())
            .add(message.header(MessageHeaders.REPEATED));
      }
      assertThat(words).hasSize(3);
      assertThat(words.values())
          .allSatisfy(each -> assertThat(each.subList(1, each.size())).allMatch("true"::equals));
      // What the broker cannot have seen costs nobody a question; the second it may have seen.
      assertThat(words.values()).filteredOn(List.of("null")::equals).isNotEmpty();
    }
  }

  @Test
  void messageOverWhichTheBrokerClosesTheChannelHoldsUpNoOther() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      producer.post("/api/comfyui/dispatch", Producer.image("bad"));
      producer
          .bean(JdbcClient.class)
          .sql("update outbox set exchange = 'somebody.deleted.it'")
          .update();
      producer.post("/api/comfyui/dispatch", Producer.image("good"));
      producer.bean(SmartLifecycle.class, "outboxLoop").start();

      Job good = worker.take(Topology.laneQueue("image")).job();

      assertThat(good.prompt()).isEqualTo("good");
      worker.succeed(good);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void messageThatCannotBeSentIsGivenUpAndHoldsUpNoOther() throws Exception {
    try (Producer producer = Producer.start(BROKER.uri(), folder, "--fleet.outbox.publish=false")) {
      String jobId =
          producer
              .post("/api/comfyui/dispatch", Producer.image("bad"))
              .body()
              .get("job_id")
              .asString();
      // As an earlier version let it in: more than the 255 bytes that AMQP has room for.
      producer
          .bean(JdbcClient.class)
          .sql("update outbox set correlation_id = :id")
          .param("id", "\uFFFD".repeat(100))
          .update();
      producer.post("/api/comfyui/dispatch", Producer.image("good"));
      producer.bean(SmartLifecycle.class, "outboxLoop").start();
      try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
        Job good = worker.take(Topology.laneQueue("image")).job();
        assertThat(good.prompt()).isEqualTo("good");
        Producer.Answer bad = producer.get("/api/jobs/" + jobId + "?wait=20");
        assertThat(bad.body().get("status").asString()).isEqualTo("failed");
        assertThat(bad.body().at("/result/error/message").asString()).contains("255");
        assertThat(worker.take(Topology.DEAD).job().jobId()).hasToString(jobId);
        worker.succeed(good);
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
      }
    }
  }

  @Test
  void resultsThatComeAgainAfterARestartEndNothingTwice() throws Exception {
    Job job;
    try (FakeWorker worker = new FakeWorker(BROKER.uri())) {
      try (Producer first = Producer.start(BROKER.uri(), folder)) {
        first.post("/api/runs", Map.of("jobs", List.of(Producer.image("once"))));
        job = worker.take(Topology.laneQueue("image")).job();
        worker.succeed(job);
        worker.take(Topology.RUNS_COMPLETED_QUEUE);
      }
      worker.succeed(job);
      worker.fail(job);
      try (Producer second = Producer.start(BROKER.uri(), folder)) {
        worker.awaitEmpty(Topology.RESULTS);
        assertThat(second.get("/api/jobs/" + job.jobId()).body().get("status").asString())
            .isEqualTo("succeeded");
      }
      assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
    }
  }
}
