package io.comfyfleet.bench;

import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Many callers at once that each hold a request until their image is there. */
@Command(
    name = "calls",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Calls POST /api/image/generate many times at once, several rounds with new keys and one with"
          + " the keys of the first: answers, renders, time, and the producer's memory."
    })
final class CallsCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--callers", defaultValue = "300", description = "Calls at once (default 300).")
  private int callers;

  @Option(names = "--nodes", defaultValue = "6", description = "Simulated machines (default 6).")
  private int nodes;

  @Option(names = "--rounds", defaultValue = "3", description = "Rounds with new keys (default 3).")
  private int rounds;

  @SuppressWarnings("NullAway.Init")
  CallsCommand() {}

  @Override
  public Integer call() {
    if (callers < 1 || callers > 5000 || nodes < 1 || nodes > 20 || rounds < 1 || rounds > 50) {
      throw new ParameterException(
          spec.commandLine(), "--callers must be 1 to 5000, --nodes 1 to 20 and --rounds 1 to 50");
    }
    PrintWriter out = spec.commandLine().getOut();
    Project project = Project.find();
    boolean kept =
        BenchCommand.onBroker(
            out,
            project,
            broker -> {
              BenchCommand.say(out, broker.description());
              return BenchCommand.withMachines(
                  project,
                  "calls",
                  broker,
                  machines -> {
                    machines.start(nodes);
                    return new CallRounds(machines, callers, rounds)
                        .measure(line -> BenchCommand.say(out, line));
                  });
            });
    return kept ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
