package io.comfyfleet.worker.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks {@code nvidia-smi} how busy one GPU is. A machine without it is asked once and never again.
 * Used by one thread; blocks for at most two seconds.
 *
 * @see <a href="https://docs.nvidia.com/deploy/nvidia-smi/index.html">nvidia-smi, --query-gpu</a>
 */
final class GpuProbe {
  private static final Logger log = LoggerFactory.getLogger(GpuProbe.class);
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final int MOST_OUTPUT = 4096;
  private static final long MEBIBYTE = 1024 * 1024;

  private final List<String> command;
  private boolean absent;

  /**
   * @param program name or path of {@code nvidia-smi}; empty for never
   * @param gpu index or UUID of the GPU; the first visible one when null
   */
  GpuProbe(String program, @Nullable String gpu) {
    absent = program.isBlank();
    command =
        List.of(
            program,
            "--query-gpu=utilization.gpu,memory.used,memory.total",
            "--format=csv,noheader,nounits",
            "--id=" + (gpu == null ? firstVisible() : gpu));
  }

  /** Asks now; empty when the driver does not tell. */
  Optional<GpuStats> ask() {
    if (absent) {
      return Optional.empty();
    }
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      absent = true;
      log.atDebug().setCause(e).log("no nvidia-smi, GPU usage stays unknown");
      return Optional.empty();
    }
    try {
      if (process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS) && process.exitValue() == 0) {
        return parse(firstLine(process));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      log.atDebug().setCause(e).log("nvidia-smi not understood");
    } finally {
      process.destroyForcibly();
    }
    return Optional.empty();
  }

  private static String firstLine(Process process) throws IOException {
    try (InputStream out = process.getInputStream()) {
      return new String(out.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8)
          .lines()
          .findFirst()
          .orElse("");
    }
  }

  /**
   * Percent and twice MiB, separated by commas; what a GPU does not support is written as [N/A].
   */
  static Optional<GpuStats> parse(String line) {
    String[] parts = line.split(",");
    try {
      long total = Long.parseLong(parts[2].strip());
      return total <= 0
          ? Optional.empty()
          : Optional.of(
              new GpuStats(
                  percent(Double.parseDouble(parts[0].strip())),
                  total * MEBIBYTE,
                  Long.parseLong(parts[1].strip()) * MEBIBYTE));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  static int percent(double value) {
    return Math.clamp(Math.round(value), 0, 100);
  }

  /** ComfyUI's first GPU, when the worker was started with the same environment. */
  private static String firstVisible() {
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    return visible == null || visible.isBlank() ? "0" : visible.split(",")[0].strip();
  }
}
