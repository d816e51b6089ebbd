package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** From the door to the answer, the test in the worker's place. */
class DispatchIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    producer =
        Producer.start(
            BROKER.uri(),
            folder,
            "--fleet.metrics.interval=200ms",
            "--spring.main.sources=" + SpanMemory.class.getName());
    worker = new FakeWorker(BROKER.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  @Test
  void dispatchedJobReachesItsQueueAndItsResultTheCaller() {
    Producer.Answer accepted =
        producer.post(
            "/api/comfyui/dispatch",
            Map.of("type", "image", "prompt", "a red fox", "priority", "7"));

    assertThat(accepted.status()).isEqualTo(202);
    assertThat(accepted.body().has("node")).isTrue();
    assertThat(accepted.body().get("node").isNull()).isTrue();
    FakeWorker.Taken message = worker.take(Topology.laneQueue("image"));
    Job job = message.job();
    assertThat(job.jobId()).hasToString(accepted.body().get("job_id").asString());
    assertThat(job.prompt()).isEqualTo("a red fox");
    assertThat(message.properties().getPriority()).isEqualTo(7);
    assertThat(message.properties().getDeliveryMode()).isEqualTo(2);
    assertThat(message.properties().getMessageId()).isEqualTo(job.jobId().toString());
    assertThat(message.properties().getType()).isEqualTo("image");
    worker.succeed(job);
    Producer.Answer ended = producer.get("/api/jobs/" + job.jobId() + "?wait=20");
    assertThat(ended.body().get("status").asString()).isEqualTo("succeeded");
    assertThat(ended.body().get("node").asString()).isEqualTo("gpu-1");
    assertThat(ended.body().at("/result/outputs/0/filename").asString()).isEqualTo("fox.png");
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.runId()).isEqualTo(job.runId());
    assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void everyFigureOfThePageIsThereAndTheGaugesShowTheBroker() throws Exception {
    producer.post("/api/comfyui/dispatch", Producer.image("a counted fox"));
    await("the job in the figures")
        .until(
            () -> producer.text("/actuator/prometheus"),
            scraped -> scraped.contains("fleet_queue_depth{lane=\"image\"} 1.0\n"));
    worker.succeed(worker.take(Topology.laneQueue("image")).job());
    worker.take(Topology.RUNS_COMPLETED_QUEUE);

    // The outbox is counted now and then, and the end of the run has just gone through it.
    String scraped =
        await("an empty outbox in the figures")
            .until(
                () -> producer.text("/actuator/prometheus"),
                figures -> figures.contains("\nfleet_outbox_depth 0.0\n"));

    assertThat(scraped)
        .contains("fleet_jobs_ended_total{reason=\"none\",status=\"succeeded\",type=\"image\"} ")
        .contains("fleet_publish_confirm_seconds_bucket{outcome=\"confirmed\",le=\"0.1\"} ");
    assertThat(
            Files.readAllLines(Path.of("../docs/metrics.md")).stream()
                .filter(line -> line.startsWith("| `fleet."))
                .map(line -> line.split("\\|", -1))
                .filter(cells -> !cells[3].strip().equals("worker"))
                .map(cells -> cells[6].strip().replace("`", "")))
        .allSatisfy(name -> assertThat(scraped).contains("\n# TYPE " + name + " "));
  }

  @Test
  void traceOfTheCallerGoesOnToTheJobAndEndsWithItsResult() {
    String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    String caller = "00-" + traceId + "-00f067aa0ba902b7-01";
    producer.post("/api/comfyui/dispatch", Producer.image("a traced fox"), "traceparent", caller);
    FakeWorker.Taken overHttp = worker.take(Topology.laneQueue("image"));
    worker.send(
        Topology.INTAKE,
        new AMQP.BasicProperties.Builder().headers(Map.of("traceparent", caller)).build(),
        "{\"type\":\"image\",\"prompt\":\"a fox by AMQP\"}");
    FakeWorker.Taken overAmqp = worker.take(Topology.laneQueue("image"));
    worker.succeed(overHttp);
    worker.succeed(overAmqp);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);

    InMemorySpanExporter exporter = producer.bean(InMemorySpanExporter.class);
    await("the spans of two jobs")
        .atMost(Duration.ofSeconds(20))
        .until(() -> ofTrace(exporter, traceId).size() == 4);

    List<SpanData> spans = ofTrace(exporter, traceId);
    assertThat(spans)
        .extracting(SpanData::getName)
        .containsExactlyInAnyOrder(
            "POST /api/comfyui/dispatch", "accept from intake", "keep result", "keep result");
    assertThat(overHttp.header("traceparent")).startsWith("00-" + traceId).isNotEqualTo(caller);
    assertThat(overAmqp.header("traceparent")).startsWith("00-" + traceId).isNotEqualTo(caller);
  }

  private static List<SpanData> ofTrace(InMemorySpanExporter exporter, String traceId) {
    return exporter.getFinishedSpanItems().stream()
        .filter(span -> span.getTraceId().equals(traceId))
        .toList();
  }

  @Test
  void waitingCallerGetsTheResultInTheSameAnswer() throws Exception {
    try (ExecutorService caller = Executors.newSingleThreadExecutor()) {
      Future<Producer.Answer> answer =
          caller.submit(
              () -> producer.post("/api/comfyui/dispatch?wait=30", Producer.image("a blue fox")));
      worker.succeed(worker.take(Topology.laneQueue("image")).job());

      assertThat(answer.get().status()).isEqualTo(200);
      assertThat(answer.get().body().get("status").asString()).isEqualTo("succeeded");
    }
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }

  @Test
  void runEndsOnceWithItsResultsInOrderThoughTheyCameTwiceAndReversed() {
    List<Map<String, Object>> jobs =
        IntStream.range(0, 6).mapToObj(i -> Producer.image("scene " + i)).toList();
    Producer.Answer accepted = producer.post("/api/runs", Map.of("jobs", jobs));

    assertThat(accepted.status()).isEqualTo(202);
    List<Job> taken = worker.takeJobs("image", 6).reversed();
    taken.forEach(worker::succeed);
    taken.forEach(worker::succeed);
    RunCompleted run = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(run.results()).extracting("index").containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(run.counts().succeeded()).isEqualTo(6);
    Producer.Answer read =
        producer.get("/api/runs/" + accepted.body().get("run_id").asString() + "?wait=20");
    assertThat(read.body().get("status").asString()).isEqualTo("completed");
    assertThat(read.body().get("results").size()).isEqualTo(6);
    taken.forEach(worker::succeed);
    worker.awaitEmpty(Topology.RESULTS);
    assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
  }

  @Test
  void repeatedRequestIsTheSameJobAndAnotherContentAConflict() {
    Producer.Answer first =
        producer.post(
            "/api/comfyui/dispatch", Producer.image("once"), "Idempotency-Key", "order-1");
    Producer.Answer repeat =
        producer.post(
            "/api/comfyui/dispatch", Producer.image("once"), "Idempotency-Key", "order-1");
    Producer.Answer other =
        producer.post(
            "/api/comfyui/dispatch", Producer.image("twice"), "Idempotency-Key", "order-1");

    assertThat(repeat.status()).isEqualTo(202);
    assertThat(repeat.body().get("job_id")).isEqualTo(first.body().get("job_id"));
    assertThat(other.status()).isEqualTo(409);
    worker.succeed(worker.take(Topology.laneQueue("image")).job());
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
  }

  @Test
  void streamTellsEachResultOnceAndEndsWithTheRun() throws Exception {
    Producer.Answer accepted =
        producer.post(
            "/api/runs", Map.of("jobs", List.of(Producer.image("a"), Producer.image("b"))));
    String path = "/api/runs/" + accepted.body().get("run_id").asString() + "/events";
    try (ExecutorService caller = Executors.newSingleThreadExecutor()) {
      Future<String> stream = caller.submit(() -> producer.text(path));
      worker.takeJobs("image", 2).forEach(worker::succeed);

      assertThat(stream.get()).contains("event: run\n");
      assertThat(stream.get().split("event: result\n", -1)).hasSize(3);
    }
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }
}
