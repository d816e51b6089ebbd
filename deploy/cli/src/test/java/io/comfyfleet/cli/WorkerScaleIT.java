package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Real worker processes, which wait for a ComfyUI and a broker that are not there. */
class WorkerScaleIT {
  private static final String HOME = "fleet.home";
  private static final URI FIRST = URI.create("http://127.0.0.1:9");
  private static final URI SECOND = URI.create("http://127.0.0.1:10");

  @TempDir private Path home;
  private LocalWorkers workers;

  @BeforeEach
  void useAFolderOfItsOwn() throws Exception {
    Files.createSymbolicLink(home.resolve("worker"), Path.of("../../worker").toRealPath());
    System.setProperty(HOME, home.toString());
    workers = new LocalWorkers(new Project(home), Map.of());
  }

  @AfterEach
  void stopAll() {
    for (URI comfyUi : List.of(FIRST, SECOND)) {
      workers
          .find(comfyUi)
          .ifPresent(worker -> {
            worker.destroyForcibly();
            worker.onExit().join();
          });
    }
    System.clearProperty(HOME);
  }

  @Test
  void scalingStartsWhatIsMissingAndDrainsTheSurplus() {
    assertThat(scale("2")).contains(FIRST + "  started", SECOND + "  started");
    ProcessHandle crashed = workers.find(SECOND).orElseThrow();
    crashed.destroyForcibly();
    crashed.onExit().join();

    assertThat(scale("2")).contains(FIRST + "  runs", SECOND + "  started");
    assertThat(scale("1")).contains(FIRST + "  runs", SECOND + "  draining", SECOND + "  ended");
    assertThat(scale("0")).contains(FIRST + "  ended");
    assertThat(workers.find(FIRST)).isEmpty();
  }

  @Test
  void moreWorkersThanNamedComfyUisAreRefused() {
    var out = new StringWriter();
    CommandLine line = new CommandLine(new WorkerCommand()).setErr(new PrintWriter(out));

    int status = line.execute("scale", "3", "--comfyui", FIRST + "," + SECOND);

    assertThat(status).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(out.toString()).contains("3 workers need 3 ComfyUIs, --comfyui names 2");
    assertThat(workers.find(FIRST)).isEmpty();
  }

  private static String scale(String count) {
    var out = new StringWriter();
    CommandLine line = new CommandLine(new WorkerCommand()).setOut(new PrintWriter(out));
    assertThat(line.execute("scale", count, "--comfyui", FIRST.toString(), "--timeout", "60"))
        .isZero();
    return out.toString();
  }
}
