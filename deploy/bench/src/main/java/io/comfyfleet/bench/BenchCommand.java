package io.comfyfleet.bench;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.broker.BrokerUnavailable;
import io.comfyfleet.broker.Brokers;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.Project;
import io.comfyfleet.process.ProcessFailed;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Function;
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
      StrategiesCommand.class,
      TakeOverCommand.class
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
        "Which one: bench strategies, plans, calls, dead-letters, take-over, or chaos");
  }

  /** Prints a line at once. */
  static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  /**
   * Does the work on a broker that is found as {@code ./fleet demo} finds one, and lets it go.
   *
   * @throws FleetFailure when it was given by its address and somebody uses it
   */
  static <T> T onBroker(PrintWriter out, Project project, Function<Broker, T> work) {
    try (Broker broker =
        new Brokers(System.getenv(), line -> say(out, line)).findForUse(project.work(), false)) {
      if (!broker.isControllable()) {
        Amqp.requireUnused(broker.uri());
      }
      return work.apply(broker);
    }
  }

  /**
   * Does the work with machines of which none is started yet, and ends them, also when the JVM is
   * ended before the work is done.
   *
   * @param name begins the name of their folder
   */
  static <T> T withMachines(
      Project project, String name, Broker broker, Function<Machines, T> work) {
    Path folder = project.work().resolve(name + "-" + UUID.randomUUID().toString().substring(0, 4));
    try (var machines = new Machines(project, folder, broker, broker.uri())) {
      Thread end = new Thread(() -> end(machines, broker), "bench-end");
      Runtime.getRuntime().addShutdownHook(end);
      T result = work.apply(machines);
      Runtime.getRuntime().removeShutdownHook(end);
      return result;
    }
  }

  private static void end(Machines machines, Broker broker) {
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
