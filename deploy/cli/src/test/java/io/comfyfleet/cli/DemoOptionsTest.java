package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.launch.FleetFailure;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoOptionsTest {

  private static final URI ONE = URI.create("http://gpu-1:8188");
  private static final URI TWO = URI.create("http://gpu-2:8188");

  @Test
  void sixMachinesAreSimulatedUnlessSaidOtherwise() {
    assertThat(options(List.of(), List.of()).nodes()).containsExactly(6);
  }

  @Test
  void everyRealServerIsUsedUnlessSaidOtherwise() {
    assertThat(options(List.of(), List.of(ONE, TWO)).nodes()).containsExactly(2);
  }

  @Test
  void seriesIsSortedSoThatTheFleetOnlyGrows() {
    assertThat(options(List.of(6, 1, 3, 1), List.of()).nodes()).containsExactly(1, 3, 6);
  }

  @Test
  void moreMachinesThanRealServersAreRefused() {
    assertThatThrownBy(() -> options(List.of(3), List.of(ONE, TWO)))
        .isInstanceOf(FleetFailure.class)
        .hasMessage("--nodes must be between 1 and 2, but is [3]");
  }

  @Test
  void addressWithoutSchemeIsRefused() {
    assertThatThrownBy(() -> options(List.of(), List.of(URI.create("gpu-1:8188"))))
        .isInstanceOf(FleetFailure.class)
        .hasMessageContaining("http://host:8188");
  }

  @Test
  void unknownTypeIsRefused() {
    assertThatThrownBy(() -> new DemoOptions(List.of(), 6, 3, "audio", List.of(), null, false))
        .isInstanceOf(FleetFailure.class)
        .hasMessage("--type must be image or video, but is audio");
  }

  private static DemoOptions options(List<Integer> nodes, List<URI> servers) {
    return new DemoOptions(nodes, 6, 3, "image", servers, null, false);
  }
}
