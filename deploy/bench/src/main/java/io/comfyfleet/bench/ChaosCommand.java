package io.comfyfleet.bench;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.launch.Project;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code ./fleet chaos}. Exit status 0: every promise was kept, 1: not, or it
 * could not run, 2: wrong arguments.
 */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Hurts a whole fleet by a seeded schedule while jobs come in, and counts.")
final class ChaosCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--jobs", defaultValue = "2000", description = "Jobs to submit (default 2000).")
  private int jobs;

  @Option(names = "--nodes", defaultValue = "6", description = "Machines (default 6).")
  private int nodes;

  @Option(
      names = "--slots",
      defaultValue = "2",
      description = "Jobs that a machine takes at once: 1 to so many, in turn (default 2).")
  private int slots;

  @Option(names = "--seed", description = "Repeats the schedule of an earlier run.")
  private @Nullable Long seed;

  @Option(
      names = "--minutes",
      defaultValue = "0",
      description = "How long jobs come in (default: 400 jobs a minute).")
  private double minutes;

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "KIND",
      description = "Kinds of faults (default: all); see docs/reliability.md.")
  private List<String> faults = List.of();

  @Option(names = "--verbose", description = "Prints the schedule before it is carried out.")
  private boolean verbose;

  @SuppressWarnings("NullAway.Init")
  ChaosCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    long drawn = seed == null ? ThreadLocalRandom.current().nextInt(1, 1_000_000) : seed;
    var options = ChaosOptions.of(jobs, nodes, slots, drawn, minutes, faults);
    Project project = Project.find();
    return BenchCommand.onBroker(
        out,
        project,
        broker -> {
          BenchCommand.say(out, broker.description() + ", seed " + drawn);
          ChaosOptions possible = possible(options, broker, out);
          if (verbose) {
            plan(possible, out);
          }
          return BenchCommand.withMachines(
              project, "chaos-" + drawn, broker, machines -> run(possible, machines, broker, out));
        });
  }

  private static int run(ChaosOptions options, Machines machines, Broker broker, PrintWriter out) {
    Report report = new Chaos(options, machines, line -> BenchCommand.say(out, line)).run();
    report.table(broker.description()).forEach(line -> BenchCommand.say(out, line));
    report.cases().forEach(line -> BenchCommand.say(out, line));
    boolean good = report.verdict().isGood();
    BenchCommand.say(out, good ? "Every promise was kept." : "NOT every promise was kept.");
    return good ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private static ChaosOptions possible(ChaosOptions options, Broker broker, PrintWriter out) {
    if (broker.isControllable()) {
      return options;
    }
    ChaosOptions possible = options;
    boolean encrypted = broker.uri().startsWith("amqps:");
    for (FaultKind kind : options.faults()) {
      if (kind.target() == FaultKind.Target.BROKER) {
        BenchCommand.say(
            out, "Without " + kind.wireName() + ": the broker is given, and not ours to hurt");
        possible = possible.without(kind);
      } else if (kind.isCut() && encrypted) {
        BenchCommand.say(
            out,
            "Without "
                + kind.wireName()
                + ": an encrypted connection cannot be led through a proxy");
        possible = possible.without(kind);
      }
    }
    return possible;
  }

  private static void plan(ChaosOptions options, PrintWriter out) {
    Schedule.of(options.seed(), options.faults(), options.nodes(), options.length())
        .strikes()
        .forEach(strike -> BenchCommand.say(out, strike.line()));
    Workload.of(options.seed(), options.jobs(), options.length(), options.faults())
        .runs()
        .forEach(run -> BenchCommand.say(out, run.line()));
  }
}
