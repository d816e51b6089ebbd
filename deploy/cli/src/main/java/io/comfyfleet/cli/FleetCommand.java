package io.comfyfleet.cli;

import io.comfyfleet.broker.BrokerUnavailable;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.operator.CancelCommand;
import io.comfyfleet.operator.CommandStopped;
import io.comfyfleet.operator.CompletionCommand;
import io.comfyfleet.operator.DeadCommand;
import io.comfyfleet.operator.JobsCommand;
import io.comfyfleet.operator.LanesCommand;
import io.comfyfleet.operator.NodeCommand;
import io.comfyfleet.operator.NodesCommand;
import io.comfyfleet.operator.QueuesCommand;
import io.comfyfleet.operator.RunCommand;
import io.comfyfleet.operator.RunsCommand;
import io.comfyfleet.operator.SubmitCommand;
import io.comfyfleet.operator.TemplatesCommand;
import io.comfyfleet.process.ProcessFailed;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParseResult;

/** The program {@code ./fleet} runs. Its exit statuses are those of docs/cli.md. */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Many ComfyUI machines working as one.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:what was asked for did not succeed (a job failed, a run is not completed)",
      "2:wrong arguments, or the producer refused them",
      "3:no producer answers",
      "4:there is no such job, run, node, template or dead letter",
      "5:the wait took longer than --timeout"
    },
    footer = {
      "",
      "Programs of their own, handled by the launcher:",
      "  chaos  Hurts a whole fleet and counts what was lost; ./fleet chaos --help.",
      "  test   Runs the whole test suite; more arguments go to Maven.",
      "",
      "Environment: FLEET_URL names the producer; AMQP_URI names a RabbitMQ for demo and up;",
      "FLEET_BROKER=container|local forces a kind of broker; NO_COLOR turns colours off."
    })
public final class FleetCommand {

  private FleetCommand() {}

  /** Runs one command and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    System.exit(commandLine(arguments).execute(arguments));
  }

  /**
   * A command line that knows the command of these arguments, or all when the first of them is not
   * the name of one: looking at every command's options takes longer than most commands do.
   */
  static CommandLine commandLine(String... arguments) {
    CommandLine line = new CommandLine(new FleetCommand());
    Map<String, Supplier<Object>> commands = commands();
    Supplier<Object> only = arguments.length == 0 ? null : commands.get(arguments[0]);
    if (only == null || arguments[0].equals("completion")) {
      commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
      line.addSubcommand(new HelpCommand());
    } else {
      line.addSubcommand(arguments[0], only.get());
    }
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(FleetCommand::explain);
  }

  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("submit", SubmitCommand::new);
    commands.put("run", RunCommand::new);
    commands.put("runs", RunsCommand::new);
    commands.put("jobs", JobsCommand::new);
    commands.put("cancel", CancelCommand::new);
    commands.put("nodes", NodesCommand::new);
    commands.put("node", NodeCommand::new);
    commands.put("queues", QueuesCommand::new);
    commands.put("lanes", LanesCommand::new);
    commands.put("dead", DeadCommand::new);
    commands.put("templates", TemplatesCommand::new);
    commands.put("demo", DemoCommand::new);
    commands.put("up", UpCommand::new);
    commands.put("worker", WorkerCommand::new);
    commands.put("completion", CompletionCommand::new);
    return commands;
  }

  private static int explain(Exception failure, CommandLine line, ParseResult parsed)
      throws Exception {
    if (failure instanceof CommandStopped stopped) {
      return say(line, stopped, stopped.exit().code());
    }
    if (failure instanceof FleetFailure
        || failure instanceof BrokerUnavailable
        || failure instanceof ProcessFailed) {
      return say(line, failure, CommandLine.ExitCode.SOFTWARE);
    }
    throw failure;
  }

  private static int say(CommandLine line, Exception failure, int status) {
    PrintWriter err = line.getErr();
    err.println("fleet: " + failure.getMessage().stripTrailing());
    err.flush();
    return status;
  }
}
