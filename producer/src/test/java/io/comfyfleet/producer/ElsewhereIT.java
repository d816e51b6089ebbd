package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A job that one node can never do finds another, or an end. */
class ElsewhereIT {
  private static final String IN_A_SECOND = Topology.retry(Duration.ofSeconds(1));
  private static final String LATER = Topology.retry(Duration.ofSeconds(15));

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  private Producer start(String settleAfter) {
    return Producer.start(
        BROKER.uri(),
        folder,
        "--fleet.nodes.settle-after=" + settleAfter,
        "--fleet.lanes=image.flux");
  }

  static void heard(Producer producer, FakeWorker worker, String id, NodeState state) {
    Awaitility.await(id + " is known")
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          worker.tell(FakeWorker.beat(id, state));
          return producer.get("/api/nodes/" + id).status() == 200;
        });
  }

  private static FakeWorker.Taken dispatched(Producer producer, FakeWorker worker, String lane) {
    worker.awaitTopology();
    producer.post(
        "/api/comfyui/dispatch",
        Map.of("type", "image", "prompt", "x", "lane", lane, "priority", 8));
    return worker.take(Topology.laneQueue(lane));
  }

  static Job ruledOut(Job job, String nodeId) {
    JobError error = JobError.retryable(ErrorCode.MISSING_MODEL, "no flux.safetensors");
    return job.nextAttempt(new Attempt(job.attempt(), nodeId, Instant.now(), Instant.now(), error));
  }

  @Test
  void jobGoesOnUnchangedWhileALiveNodeIsNotRuledOut() throws Exception {
    try (Producer producer = start("0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      FakeWorker.Taken message = dispatched(producer, worker, "image");
      heard(producer, worker, "a", NodeState.ONLINE);
      heard(producer, worker, "b", NodeState.PAUSED);
      Job job = ruledOut(message.job(), "a");
      AMQP.BasicProperties properties =
          message.properties().builder().replyTo("mine").correlationId("order 7").build();

      worker.sendElsewhere(new FakeWorker.Taken("", properties, message.body()), job);

      FakeWorker.Taken again = worker.take(Topology.laneQueue("image"));
      assertThat(again.job()).isEqualTo(job);
      assertThat(again.properties().getMessageId()).isEqualTo(job.jobId().toString());
      assertThat(again.properties().getType()).isEqualTo("image");
      assertThat(again.properties().getPriority()).isEqualTo(8);
      assertThat(again.properties().getReplyTo()).isEqualTo("mine");
      assertThat(again.properties().getCorrelationId()).isEqualTo("order 7");
      assertThat(again.properties().getDeliveryMode()).isEqualTo(2);
      worker.succeed(job);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void jobEndsWithTheReasonOfEachNodeWhenAllLiveOnesAreRuledOut() throws Exception {
    try (Producer producer = start("0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      FakeWorker.Taken message = dispatched(producer, worker, "image");
      heard(producer, worker, "a", NodeState.ONLINE);
      heard(producer, worker, "b", NodeState.BUSY);
      heard(producer, worker, "leaving", NodeState.DRAINING);
      heard(producer, worker, "gone", NodeState.OFFLINE);
      Job job = ruledOut(ruledOut(message.job(), "a"), "b");

      worker.sendElsewhere(message, job);

      FakeWorker.Taken letter = worker.take(Topology.DEAD);
      assertThat(letter.job()).isEqualTo(job);
      assertThat(letter.header(MessageHeaders.REASON)).isEqualTo("no_capable_node");
      Producer.Answer ended = producer.get("/api/jobs/" + job.jobId() + "?wait=20");
      assertThat(ended.body().at("/result/error/code").asString()).isEqualTo("no_capable_node");
      assertThat(ended.body().at("/result/error/message").asString())
          .contains("a: missing_model, no flux.safetensors; b: missing_model");
      assertThat(ended.body().at("/result/attempts").size()).isEqualTo(2);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.awaitEmpty(Topology.ELSEWHERE);
    }
  }

  @Test
  void jobThatCannotBeEndedLeavesOneLetterAndHoldsUpNoOther() throws Exception {
    try (Producer producer = start("0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      FakeWorker.Taken broken = dispatched(producer, worker, "image");
      FakeWorker.Taken other = dispatched(producer, worker, "image");
      heard(producer, worker, "a", NodeState.ONLINE);
      producer
          .bean(JdbcClient.class)
          .sql("update job set callback_url = 'no address' where job_id = :id")
          .param("id", broken.job().jobId())
          .update();

      worker.sendElsewhere(broken, ruledOut(broken.job(), "a"));
      worker.sendElsewhere(other, ruledOut(other.job(), "a"));

      FakeWorker.Taken letter = worker.take(Topology.DEAD);
      assertThat(letter.job().jobId()).isEqualTo(broken.job().jobId());
      assertThat(letter.header(MessageHeaders.REASON)).isEqualTo("internal_error");
      assertThat(worker.take(Topology.DEAD).job().jobId()).isEqualTo(other.job().jobId());
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.awaitEmpty(Topology.ELSEWHERE);
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
  }

  @Test
  void jobWaitsWhenNoLiveNodeServesItsLane() throws Exception {
    try (Producer producer = start("0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      FakeWorker.Taken message = dispatched(producer, worker, "image.flux");
      heard(producer, worker, "a", NodeState.ONLINE);

      worker.sendElsewhere(message, ruledOut(message.job(), "flux-1"));

      Awaitility.await("waiting").until(() -> worker.depth(LATER) == 1);
      assertThat(worker.depth(IN_A_SECOND)).isZero();
      assertThat(worker.depth(Topology.DEAD)).isZero();
      worker.take(LATER);
    }
  }

  @Test
  void producerThatHasJustStartedGivesNothingUp() throws Exception {
    try (Producer producer = start("1h");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      FakeWorker.Taken message = dispatched(producer, worker, "image");
      heard(producer, worker, "a", NodeState.ONLINE);

      worker.sendElsewhere(message, ruledOut(message.job(), "a"));

      Awaitility.await("waiting").until(() -> worker.depth(LATER) == 1);
      assertThat(worker.depth(Topology.DEAD)).isZero();
      worker.take(LATER);
    }
  }

  @Test
  void jobThatHasEndedAndBytesThatAreNoneGoNoFurther() throws Exception {
    try (Producer producer = start("0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      FakeWorker.Taken message = dispatched(producer, worker, "image");
      heard(producer, worker, "b", NodeState.ONLINE);
      worker.succeed(message.job());
      worker.take(Topology.RUNS_COMPLETED_QUEUE);

      worker.sendElsewhere(message, ruledOut(message.job(), "a"));
      worker.sendBare(Topology.ELSEWHERE, "no job");

      assertThat(worker.take(Topology.DEAD).header(MessageHeaders.ORIGIN))
          .isEqualTo(Topology.ELSEWHERE);
      assertThat(worker.depth(IN_A_SECOND)).isZero();
      assertThat(worker.depth(LATER)).isZero();
    }
  }
}
