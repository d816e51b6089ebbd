package io.comfyfleet.cli;

import io.comfyfleet.launch.Project;
import io.comfyfleet.operator.Exit;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The workers of this machine. */
@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Scales the workers of this machine.",
    subcommands = WorkerCommand.Scale.class)
final class WorkerCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "Which one: worker scale");
  }

  /** Runs as many workers as told, one for each ComfyUI; drains the surplus. */
  @Command(
      name = "scale",
      mixinStandardHelpOptions = true,
      description = {
        "Runs COUNT workers on this machine, one for each of its ComfyUIs: starts what is missing,"
            + " starts crashed ones again, drains the surplus. They go on after this command.",
        "Each is named after the host and its ComfyUI's port."
      })
  static final class Scale implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "COUNT", description = "Workers that shall run, 0 to 64.")
    private int count;

    @Option(
        names = "--comfyui",
        split = ",",
        defaultValue = "http://127.0.0.1:8188",
        paramLabel = "URL",
        description =
            "Addresses of the ComfyUIs, one per worker; of a single one the port is counted up"
                + " (default ${DEFAULT-VALUE}).")
    private List<URI> comfyUis;

    @Option(
        names = "--server",
        paramLabel = "URL",
        description = "The producer, where outputs go (FLEET_STORE_URL).")
    private @Nullable URI server;

    @Option(
        names = "--lanes",
        paramLabel = "LANE[,...]",
        description = "Lanes to serve (FLEET_INTAKE_LANES).")
    private @Nullable String lanes;

    @Option(
        names = "--slots",
        paramLabel = "N",
        description = "Jobs at a time for each (FLEET_INTAKE_SLOTS).")
    private @Nullable Integer slots;

    @Option(
        names = "--timeout",
        defaultValue = "600",
        paramLabel = "SECONDS",
        description = "How long to wait for the surplus to drain (default ${DEFAULT-VALUE}).")
    private long timeoutSeconds;

    @Override
    public Integer call() {
      if (count < 0 || count > 64) {
        throw new ParameterException(
            spec.commandLine(), "COUNT must be between 0 and 64, was " + count);
      }
      if (comfyUis.size() > 1 && count > comfyUis.size()) {
        throw new ParameterException(
            spec.commandLine(),
            "%d workers need %d ComfyUIs, --comfyui names %d"
                .formatted(count, count, comfyUis.size()));
      }
      var workers = new LocalWorkers(Project.find(), settings());
      List<URI> machines = machines();
      for (URI comfyUi : machines.subList(0, count)) {
        startUnlessRunning(workers, comfyUi);
      }
      return drain(workers, machines.subList(count, machines.size()));
    }

    /** Every ComfyUI that may have a worker, those to be served first. */
    private List<URI> machines() {
      if (comfyUis.size() > 1) {
        return comfyUis;
      }
      URI first = comfyUis.getFirst();
      return IntStream.range(0, 64)
          .mapToObj(i -> URI.create("http://" + first.getHost() + ":" + (first.getPort() + i)))
          .toList();
    }

    private Map<String, String> settings() {
      Map<String, String> settings = new HashMap<>();
      if (server != null) {
        settings.put("FLEET_STORE_URL", server.toString());
      }
      if (lanes != null) {
        settings.put("FLEET_INTAKE_LANES", lanes);
      }
      if (slots != null) {
        settings.put("FLEET_INTAKE_SLOTS", slots.toString());
      }
      return settings;
    }

    private void startUnlessRunning(LocalWorkers workers, URI comfyUi) {
      Optional<ProcessHandle> running = workers.find(comfyUi);
      say(
          "%s  %s  pid %d"
              .formatted(
                  comfyUi,
                  running.isPresent() ? "runs" : "started",
                  running.orElseGet(() -> workers.start(comfyUi)).pid()));
    }

    private int drain(LocalWorkers workers, List<URI> surplus) {
      Map<URI, ProcessHandle> draining = new LinkedHashMap<>();
      for (URI comfyUi : surplus) {
        workers.find(comfyUi).ifPresent(worker -> draining.put(comfyUi, worker));
      }
      draining.forEach((comfyUi, worker) -> {
        say(comfyUi + "  draining  pid " + worker.pid());
        workers.drain(worker);
      });
      CompletableFuture.allOf(
              draining.values().stream()
                  .map(ProcessHandle::onExit)
                  .toArray(CompletableFuture[]::new))
          .completeOnTimeout(
              null, Duration.ofSeconds(timeoutSeconds).toMillis(), TimeUnit.MILLISECONDS)
          .join();
      int status = 0;
      for (Map.Entry<URI, ProcessHandle> drained : draining.entrySet()) {
        if (drained.getValue().isAlive()) {
          say(drained.getKey() + "  still has a job in hand; it ends when that is done");
          status = Exit.TIMEOUT.code();
        } else {
          workers.forget(drained.getKey());
          say(drained.getKey() + "  ended");
        }
      }
      return status;
    }

    private void say(String line) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(line);
      out.flush();
    }
  }
}
