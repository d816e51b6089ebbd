package io.comfyfleet.worker.comfy;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CanaryTest {
  private SimulatedComfyUi comfy;
  private Canary canary;

  @BeforeEach
  void start() {
    comfy = SimulatedComfyUi.start(SimulatorOptions.defaults());
    Duration s = Duration.ofSeconds(2);
    canary =
        new Canary(
            new ComfyClient(
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(),
                new ComfyProperties(comfy.url(), s, s, s, s, s, s, s),
                "canary"),
            Duration.ofSeconds(10));
  }

  @AfterEach
  void stop() {
    comfy.close();
  }

  @Test
  void comfyUiThatWorksSaysNothingAgainstItself() throws Exception {
    assertThat(canary.sing(Map.of()).verdict()).isEqualTo(Canary.Verdict.WORKS);
  }

  /** As it goes when ComfyUI is restarted meanwhile. */
  @Test
  void promptThatComfyUiForgotIsNotWaitedForToTheEnd() throws Exception {
    comfy.faults().once(Fault.HISTORY_EVICTED);

    assertThat(canary.sing(Map.of()).words()).contains("does not know");
  }
}
