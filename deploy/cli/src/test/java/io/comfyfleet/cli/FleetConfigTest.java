package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.WorkerSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetConfigTest {

  @TempDir Path folder;

  @Test
  void shippedExampleIsRead() {
    FleetConfig config = FleetConfig.read(Path.of("../fleet.example.yaml"));

    assertThat(config.drainSeconds()).isEqualTo(120);
    assertThat(config.producer().settings(folder).url())
        .isEqualTo(URI.create("http://127.0.0.1:8080"));
    assertThat(config.nodes()).singleElement().extracting("id").isEqualTo("gpu-1");
  }

  @Test
  void nodesNeedOnlyIdAndAddress() throws IOException {
    FleetConfig config = read("nodes: [{id: a, comfyui: 'http://127.0.0.1:8188'}]");

    WorkerSettings worker =
        config
            .nodes()
            .getFirst()
            .settings(URI.create("http://127.0.0.1:8080"), Duration.ofMinutes(2));

    assertThat(config.broker()).isNull();
    assertThat(worker.environment())
        .containsEntry("FLEET_NODE_ID", "a")
        .containsEntry("FLEET_COMFY_URL", "http://127.0.0.1:8188")
        .containsEntry("FLEET_INTAKE_LANES", "image,video")
        .containsEntry("FLEET_INTAKE_SLOTS", "1")
        .containsEntry("FLEET_DRAIN_DEADLINE", "120s")
        .containsEntry("FLEET_STORE_URL", "http://127.0.0.1:8080");
  }

  @Test
  void misspelledKeyIsNamed() {
    assertThatThrownBy(() -> read("nods: []"))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("nods");
  }

  @Test
  void nodeIdGivenTwiceIsNamed() {
    assertThatThrownBy(
            () -> read("nodes: [{id: a, comfyui: 'http://x:1'}, {id: a, comfyui: 'http://y:1'}]"))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("the id a is there twice");
  }

  @Test
  void missingFileIsToldWithWhatToDo() {
    assertThatThrownBy(() -> FleetConfig.read(folder.resolve("none.yaml")))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("deploy/fleet.example.yaml");
  }

  @Test
  void brokerPasswordIsNotPrinted() throws IOException {
    FleetConfig config = read("broker: {uri: 'amqp://fleet:secret@host'}");

    assertThat(config.toString()).doesNotContain("secret");
  }

  private FleetConfig read(String yaml) throws IOException {
    return FleetConfig.read(Files.writeString(folder.resolve("fleet.yaml"), yaml));
  }
}
