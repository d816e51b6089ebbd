package io.comfyfleet.cli;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.broker.Brokers;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Runs producer and workers for real use until Ctrl-C or SIGTERM, then drains.")
final class UpCommand implements Callable<Integer> {

  /** A worker interrupts, gives back and disconnects after its drain deadline. */
  private static final Duration SETTLE = Duration.ofSeconds(30);

  private static final Duration POLL = Duration.ofMillis(500);

  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      defaultValue = "fleet.yaml",
      paramLabel = "FILE",
      description = "Configuration (default fleet.yaml); see deploy/fleet.example.yaml.")
  private Path file;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    FleetConfig config = FleetConfig.read(file);
    Project project = Project.find();
    Broker broker = broker(config, project, out);
    try (var fleet = new Fleet(project, broker, config.drain().plus(SETTLE))) {
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-close"));
      say(out, broker.description());
      ProducerSettings settings = config.producer().settings(project.work().resolve("up"));
      fleet.startProducer(settings);
      say(out, "Producer is ready at " + settings.url());
      for (FleetConfig.NodeConfig node : config.nodes()) {
        fleet.startWorker(node.settings(settings.url(), config.drain()));
        say(out, "Worker " + node.id() + " serves " + node.comfyui());
      }
      say(out, "Logs are in " + fleet.logs() + ". Ctrl-C drains and stops.");
      var keeper = new WorkerKeeper(fleet, InstantSource.system(), line -> say(out, line));
      while (!Thread.currentThread().isInterrupted()) {
        keeper.look();
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
    return 0;
  }

  private static Broker broker(FleetConfig config, Project project, PrintWriter out) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    FleetConfig.BrokerConfig given = config.broker();
    if (given != null) {
      environment.put(Brokers.URI, given.uri());
    }
    Path folder = project.work().resolve("broker");
    return new Brokers(environment, line -> say(out, line)).findForUse(folder, true);
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
