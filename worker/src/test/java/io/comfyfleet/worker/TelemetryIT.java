package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.process.FreePorts;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.topology.Topology;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a worker tells of its jobs: to Prometheus, to a collector of traces, to a log store. */
@ExtendWith(OutputCaptureExtension.class)
class TelemetryIT extends OneMachine {
  @Test
  void everyFigureOfThePageIsThereAndCountsWhatHappened() throws Exception {
    int port = FreePorts.onLoopback(1).getFirst();
    fleet.startWorker(comfy.url(), store.url(), Map.of("fleet.metrics.port", port));
    fleet.publish(Jobs.image().seconds(0.2).build());
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    comfy.faults().latch(Fault.EXECUTION_ERROR);
    fleet.publish(Jobs.video().maxAttempts(2).build());
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.FAILED);

    String scraped = scrape(port);

    assertThat(figuresOfThePage())
        .allSatisfy(name -> assertThat(scraped).contains("\n# TYPE " + name + " "));
    assertThat(scraped.lines())
        .contains(
            "fleet_attempts_total{outcome=\"succeeded\",reason=\"none\",type=\"image\"} 1.0",
            "fleet_attempts_total{outcome=\"retry\",reason=\"execution_failed\",type=\"video\"} 2.0",
            "fleet_job_wait_seconds_count{template=\"graph\",type=\"image\"} 1",
            "fleet_job_run_seconds_count{template=\"graph\",type=\"image\"} 1",
            "fleet_job_store_seconds_count{type=\"image\"} 1",
            "fleet_retries_total{type=\"video\"} 1.0",
            "fleet_dead_letters_total{reason=\"execution_failed\"} 1.0",
            "fleet_slots 1.0");
  }

  @Test
  void traceOfTheSenderGoesOnThroughTheAttemptToTheResult() {
    String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    ConfigurableApplicationContext worker =
        fleet.startWorker(
            comfy.url(), store.url(), Map.of("spring.main.sources", SpanMemory.class.getName()));
    MessageProperties properties = new MessageProperties();
    properties.setHeader(Traces.HEADER, "00-" + traceId + "-00f067aa0ba902b7-01");
    Job job = Jobs.image().build();

    fleet.publish(job, properties);

    String handedOn =
        fleet.message(Topology.RESULTS).getMessageProperties().getHeader(Traces.HEADER);
    InMemorySpanExporter exporter = worker.getBean(InMemorySpanExporter.class);
    await("the attempt's spans")
        .atMost(Duration.ofSeconds(20))
        .until(() -> exporter.getFinishedSpanItems().size() == 4);
    List<SpanData> spans = exporter.getFinishedSpanItems();
    assertThat(spans).allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(traceId));
    assertThat(spans)
        .extracting(SpanData::getName)
        .containsExactly("prepare", "run", "store", "attempt");
    SpanData attempt = spans.getLast();
    assertThat(attempt.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(attempt.getAttributes().get(AttributeKey.stringKey(LogKeys.JOB_ID)))
        .isEqualTo(job.jobId().toString());
    assertThat(spans.subList(0, 3))
        .extracting(SpanData::getParentSpanId)
        .containsOnly(attempt.getSpanId());
    assertThat(handedOn).isEqualTo("00-" + traceId + "-" + attempt.getSpanId() + "-01");
  }

  @Test
  void withoutACollectorTheSendersTraceIsHandedOnUnchanged() {
    startWorker();
    String traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    MessageProperties properties = new MessageProperties();
    properties.setHeader(Traces.HEADER, traceparent);

    fleet.publish(Jobs.image().build(), properties);

    assertThat(
            (String)
                fleet.message(Topology.RESULTS).getMessageProperties().getHeader("traceparent"))
        .isEqualTo(traceparent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"logstash", "ecs"})
  void logLinesAreJsonWithTheKeysOfThePage(String format, CapturedOutput output) {
    fleet.startWorker(
        comfy.url(), store.url(), Map.of("logging.structured.format.console", format));
    Job job = Jobs.image().build();

    fleet.publish(job);
    fleet.result();

    List<JsonNode> lines =
        output
            .getOut()
            .lines()
            .filter(line -> line.startsWith("{"))
            .map(JsonMapper.shared()::readTree)
            .toList();
    assertThat(lines)
        .filteredOn(line -> line.path("message").asString().equals("attempt ended"))
        .singleElement()
        .satisfies(line -> {
          assertThat(line.path(LogKeys.JOB_ID).asString()).isEqualTo(job.jobId().toString());
          assertThat(line.path(LogKeys.RUN_ID).asString()).isEqualTo(job.runId());
          assertThat(line.path(LogKeys.ATTEMPT).asString()).isEqualTo("1");
          assertThat(line.path(LogKeys.OUTCOME).asString()).isEqualTo("Completed");
          assertThat(line.path(LogKeys.ELAPSED_MS).asLong()).isPositive();
        });
  }

  private static List<String> figuresOfThePage() throws IOException {
    return Files.readAllLines(Path.of("../docs/metrics.md")).stream()
        .filter(line -> line.startsWith("| `fleet."))
        .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
        .filter(cells -> !cells.get(3).equals("producer"))
        .map(cells -> cells.get(6).replace("`", ""))
        .toList();
  }

  private static String scrape(int port) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      return answer.body();
    }
  }
}
