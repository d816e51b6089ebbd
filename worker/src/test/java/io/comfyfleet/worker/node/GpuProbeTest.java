package io.comfyfleet.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GpuProbeTest {
  @TempDir private Path folder;

  @Test
  void usageAndMemoryOfTheChosenGpuAreTold() throws IOException {
    var probe = new GpuProbe(program("[ \"$3\" = --id=1 ] && echo '85, 18022, 24564'"), "1");

    GpuStats told = probe.ask().orElseThrow();
    assertThat(told).isEqualTo(new GpuStats(85, 24_564L << 20, 18_022L << 20));
    assertThat(told.memoryUsage()).isEqualTo(73);
  }

  @Test
  void machineWithoutTheProgramTellsNothing() {
    assertThat(new GpuProbe(folder.resolve("absent").toString(), null).ask()).isEmpty();
  }

  @Test
  void programThatFailsTellsNothing() throws IOException {
    assertThat(new GpuProbe(program("echo '85, 1, 2'; exit 9"), null).ask()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[N/A], 100, 200", "85", "85, x, 200", "85, 0, 0", "No devices were found"})
  void linesWithoutThreeNumbersTellNothing(String line) {
    assertThat(GpuProbe.parse(line)).isEmpty();
  }

  private String program(String script) throws IOException {
    Path file = folder.resolve("nvidia-smi");
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file.toString();
  }
}
