package io.comfyfleet.cli;

import io.comfyfleet.broker.BrokerUnavailable;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.process.ProcessFailed;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParseResult;

/** The program {@code ./fleet} runs. Exit status 0: done, 1: failed, 2: wrong arguments. */
@Command(
    name = "fleet",
    synopsisSubcommandLabel = "(demo | up | worker | chaos | test | help)",
    description = "Many ComfyUI machines working as one.",
    footer = {
      "",
      "  chaos  Hurts a whole fleet and counts what was lost (a program of its own).",
      "  test   Runs the whole test suite (handled by the launcher).",
      "",
      "Environment: AMQP_URI names a RabbitMQ to use; FLEET_BROKER=container|local forces a kind."
    },
    subcommands = {DemoCommand.class, UpCommand.class, WorkerCommand.class, HelpCommand.class})
public final class FleetCommand {

  private FleetCommand() {}

  /** Runs one command and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new FleetCommand()).setExecutionExceptionHandler(FleetCommand::explain);
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
