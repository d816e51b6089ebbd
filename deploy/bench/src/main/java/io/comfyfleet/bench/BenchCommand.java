package io.comfyfleet.bench;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.broker.BrokerUnavailable;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.process.ProcessFailed;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code ./fleet chaos} and {@code ./fleet bench}. Exit status 0: what was
 * looked at is as promised, 1: not, or it could not run, 2: wrong arguments.
 */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Measures a whole fleet of real processes on this machine.",
    subcommands = {
      CallsCommand.class,
      ChaosCommand.class,
      DeadLettersCommand.class,
      PlansCommand.class,
      StrategiesCommand.class
    })
public final class BenchCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  private BenchCommand() {}

  /** Runs it and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new BenchCommand())
            .setExecutionExceptionHandler(BenchCommand::explain)
            .execute(arguments));
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "Which one: bench strategies, bench plans, bench calls, bench dead-letters, chaos");
  }

  /** Prints a line at once. */
  static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  /** Ends what a command has started, when the JVM is ended before it is done. */
  static void end(Machines machines, Broker broker) {
    machines.close();
    broker.close();
  }

  private static int explain(Exception failure, CommandLine line, ParseResult parsed)
      throws Exception {
    if (failure instanceof FleetFailure
        || failure instanceof BrokerUnavailable
        || failure instanceof ProcessFailed) {
      PrintWriter err = line.getErr();
      err.println("fleet: " + failure.getMessage().stripTrailing());
      err.flush();
      return CommandLine.ExitCode.SOFTWARE;
    }
    throw failure;
  }
}
