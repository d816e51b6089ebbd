package io.comfyfleet.bench;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which nodes get how many jobs under each strategy, at low and at full load. */
@Command(
    name = "strategies",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Renders jobs on three simulated nodes of speed 3:1:2, one after another and all at once,"
          + " under each strategy: which node got how many, and how long it took."
    })
final class StrategiesCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--jobs", defaultValue = "60", description = "Jobs of each load (default 60).")
  private int jobs;

  @Option(
      names = "--seconds",
      defaultValue = "0.5",
      description = "Seconds the fastest node needs for one job (default 0.5).")
  private double seconds;

  @SuppressWarnings("NullAway.Init")
  StrategiesCommand() {}

  @Override
  public Integer call() {
    if (jobs < 1 || jobs > 1000 || seconds < 0.1 || seconds > 60) {
      throw new ParameterException(
          spec.commandLine(), "--jobs must be 1 to 1000 and --seconds 0.1 to 60");
    }
    PrintWriter out = spec.commandLine().getOut();
    Project project = Project.find();
    boolean all =
        BenchCommand.onBroker(
            out,
            project,
            broker -> {
              BenchCommand.say(out, broker.description());
              StrategyRun.heading(seconds).forEach(line -> BenchCommand.say(out, line));
              return measureAll(out, project, broker);
            });
    return all ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private boolean measureAll(PrintWriter out, Project project, Broker broker) {
    boolean all = true;
    for (String strategy : List.of("least-connections", "weighted", "fastest")) {
      all &=
          BenchCommand.withMachines(
              project,
              "strategies",
              broker,
              machines ->
                  new StrategyRun(machines, strategy, jobs, seconds)
                      .measure(line -> BenchCommand.say(out, line)));
    }
    return all;
  }
}
