package io.comfyfleet.cli;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.Project;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The workers of this machine that go on when the command that started them has ended. One per
 * ComfyUI; a file per worker tells its process, and the process's start, because a number of a
 * process is given out again.
 */
final class LocalWorkers {

  private static final int HEAP_MB = 96;

  private final Project project;
  private final Path folder;
  private final Map<String, String> environment;

  /**
   * @param environment settings for the workers to come, beside this process's own environment
   */
  LocalWorkers(Project project, Map<String, String> environment) {
    this.project = project;
    this.folder = project.work().resolve("workers");
    this.environment = Map.copyOf(environment);
  }

  /** The worker beside that ComfyUI, when one runs. */
  Optional<ProcessHandle> find(URI comfyUi) {
    Path file = file(comfyUi);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String[] words = read(file).split(" ");
    try {
      Instant start = Instant.ofEpochMilli(Long.parseLong(words[1]));
      return ProcessHandle.of(Long.parseLong(words[0]))
          .filter(ProcessHandle::isAlive)
          .filter(process -> start.equals(start(process)));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new FleetFailure(
          "%s does not name a process; delete it after looking whether a worker runs for %s"
              .formatted(file, comfyUi));
    }
  }

  /** Starts one and returns at once. */
  ProcessHandle start(URI comfyUi) {
    var own = new HashMap<>(environment);
    own.put("FLEET_COMFY_URL", comfyUi.toString());
    String name = "worker-" + name(comfyUi);
    var program = new JavaProgram(name, project.workerJar(), HEAP_MB, List.of(), own);
    try {
      Files.createDirectories(folder);
      ProcessHandle process = program.startDetached(project.logs()).toHandle();
      Files.writeString(file(comfyUi), process.pid() + " " + start(process).toEpochMilli());
      return process;
    } catch (IOException e) {
      throw new FleetFailure("Cannot start a worker for " + comfyUi + ": " + e, e);
    }
  }

  /** Asks a worker to end what it has in hand and go; returns at once. */
  void drain(ProcessHandle worker) {
    worker.destroy();
  }

  /** Forgets a worker that has ended. */
  void forget(URI comfyUi) {
    try {
      Files.deleteIfExists(file(comfyUi));
    } catch (IOException e) {
      throw new FleetFailure("Cannot delete " + file(comfyUi) + ": " + e, e);
    }
  }

  private static Instant start(ProcessHandle process) {
    return process.info().startInstant().orElse(Instant.EPOCH);
  }

  private Path file(URI comfyUi) {
    return folder.resolve(name(comfyUi) + ".pid");
  }

  private static String name(URI comfyUi) {
    return (comfyUi.getHost() + "-" + comfyUi.getPort()).replaceAll("[^A-Za-z0-9.-]", "-");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new FleetFailure("Cannot read " + file + ": " + e, e);
    }
  }
}
