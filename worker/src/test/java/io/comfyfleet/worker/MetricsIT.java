package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.process.FreePorts;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Prometheus reads from a worker after some jobs. */
class MetricsIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();

  private TestFleet fleet;
  private TestStore store;
  private SimulatedComfyUi comfy;

  @BeforeEach
  void start() {
    fleet = new TestFleet(BROKER);
    store = new TestStore();
    comfy = SimulatedComfyUi.start(SimulatorOptions.defaults());
  }

  @AfterEach
  void stop() {
    fleet.close();
    comfy.close();
    store.close();
  }

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
