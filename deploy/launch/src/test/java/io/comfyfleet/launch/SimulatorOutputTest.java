package io.comfyfleet.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulatorOutputTest {

  @Test
  void addressesAreReadInOrderAmongOtherLines() {
    List<String> lines =
        List.of(
            "simulator node-1 ready on http://127.0.0.1:4001",
            "WARNING: something else",
            "simulator node-2 ready on http://127.0.0.1:4002");

    assertThat(SimulatorOutput.addresses(lines))
        .containsExactly(URI.create("http://127.0.0.1:4001"), URI.create("http://127.0.0.1:4002"));
  }
}
