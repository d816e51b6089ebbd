package io.comfyfleet.cli;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.broker.Brokers;
import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Starts a whole fleet on this machine, renders one run with it, and stops it.")
final class DemoCommand implements Callable<Integer> {

  private static final Duration GRACE = Duration.ofSeconds(10);

  @Spec private CommandSpec spec;

  @Option(
      names = "--nodes",
      split = ",",
      paramLabel = "N",
      description = "Number of machines; several (1,2,3,6) are measured one after another.")
  private List<Integer> nodes = List.of();

  @Option(names = "--jobs", defaultValue = "6", description = "Jobs in the run (default 6).")
  private int jobs;

  @Option(
      names = "--seconds",
      defaultValue = "3",
      description = "Seconds a simulated machine needs for one job (default 3).")
  private double seconds;

  @Option(names = "--type", defaultValue = "image", description = "image (default) or video.")
  private String type;

  @Option(
      names = "--comfyui",
      split = ",",
      paramLabel = "URL",
      description = "Real ComfyUI servers to use instead of simulated ones.")
  private List<URI> comfyUi = List.of();

  @Option(
      names = "--workflow",
      paramLabel = "FILE",
      description = "ComfyUI graph in API format to send instead of a prompt.")
  private @Nullable Path workflow;

  @Option(names = "--keep", description = "Leaves everything running until Ctrl-C.")
  private boolean keep;

  @SuppressWarnings("NullAway.Init")
  DemoCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    var options = new DemoOptions(nodes, jobs, seconds, type, comfyUi, workflow, keep);
    var bodies = RunBodies.of(options);
    Project project = Project.find();
    Broker broker =
        new Brokers(System.getenv(), line -> say(out, line)).findForUse(project.work(), false);
    try (var fleet = new Fleet(project, broker, GRACE)) {
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-close"));
      say(out, broker.description());
      return new Demo(fleet, options, bodies, out).run() ? 0 : 1;
    }
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
