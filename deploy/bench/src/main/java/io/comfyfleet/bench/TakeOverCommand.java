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

/** How soon another machine goes on when one is gone, and how soon one stops when told to. */
@Command(
    name = "take-over",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Ends the worker that has a job, by SIGKILL and by SIGSTOP (a machine that vanishes without a"
          + " word), on three otherwise idle machines: when its node is offline, when the job's"
          + " prompt runs elsewhere. Then cancels a job while it runs: when its prompt has ended."
          + " Exit status 0: elsewhere within 2 s of a SIGKILL; a SIGSTOP is noticed within 30 s,"
          + " and the prompt runs 2 s later at most; a cancelled prompt ends within 1 s."
    })
final class TakeOverCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--rounds", defaultValue = "3", description = "Times of each (default 3).")
  private int rounds;

  @SuppressWarnings("NullAway.Init")
  TakeOverCommand() {}

  @Override
  public Integer call() {
    if (rounds < 1 || rounds > 100) {
      throw new ParameterException(spec.commandLine(), "--rounds must be 1 to 100");
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
                  "take-over",
                  broker,
                  machines ->
                      new TakeOverRounds(machines, rounds)
                          .measure(line -> BenchCommand.say(out, line)));
            });
    return kept ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
