package io.comfyfleet.bench;

import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Fills the queue of dead letters and times what people do with it, every count checked. Exit
 * status 0: all counts were exact, 1: not, or it could not run, 2: wrong arguments.
 */
@Command(
    name = "dead-letters",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Makes dead letters by the thousand and times every operation on them.")
final class DeadLettersCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--letters",
      defaultValue = "10000",
      description = "Dead letters, a multiple of 100 (default 10000).")
  private int letters;

  @SuppressWarnings("NullAway.Init")
  DeadLettersCommand() {}

  @Override
  public Integer call() {
    if (letters < 100 || letters % 100 != 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--letters must be a multiple of 100, was " + letters);
    }
    PrintWriter out = spec.commandLine().getOut();
    Project project = Project.find();
    return BenchCommand.onBroker(
        out,
        project,
        broker -> {
          BenchCommand.say(out, broker.description() + ", " + letters + " dead letters");
          return BenchCommand.withMachines(
              project, "dead-letters", broker, machines -> measure(out, machines));
        });
  }

  private int measure(PrintWriter out, Machines machines) {
    machines.startProducer();
    String fault = new LetterTimes(machines, letters, line -> BenchCommand.say(out, line)).run();
    BenchCommand.say(out, fault == null ? "Every count was exact." : "NOT exact: " + fault);
    return fault == null ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
