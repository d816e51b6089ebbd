package io.comfyfleet.bench;

import io.comfyfleet.balancer.Balancer;
import io.comfyfleet.balancer.BalancerFile;
import io.comfyfleet.balancer.BalancerProgram;
import io.comfyfleet.bench.Pictures.Picture;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.SimulatorControl;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The same pictures by plan A, plan C and plan B. */
@Command(
    name = "plans",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Asks for the same pictures by each plan: A (round robin by the caller), C (nginx, HAProxy, with"
          + " the files of deploy/), B (ComfyFleet); on three machines of speed 3:1:2, on six equal"
          + " ones, and on three of which the fastest is killed. A program that is not installed is"
          + " left out. Exit status 1 when ComfyFleet lost a picture."
    })
final class PlansCommand implements Callable<Integer> {

  /** How many times the fastest machine's time each needs, and its weight. */
  private static final List<Double> SLOWNESS = List.of(1.0, 3.0, 1.5);

  private static final List<Integer> WEIGHTS = List.of(3, 1, 2);
  private static final int MOST_MACHINES = 6;
  private static final int FEW = 6;

  @Spec private CommandSpec spec;

  @Option(names = "--jobs", defaultValue = "60", description = "Pictures (default 60).")
  private int jobs;

  @Option(
      names = "--seconds",
      defaultValue = "0.3",
      description = "Seconds the fastest machine needs for a picture (default 0.3).")
  private double seconds;

  private PlanTable table;
  private Path folder;

  @SuppressWarnings("NullAway.Init")
  PlansCommand() {}

  /** How a plan sends: how many at once, and where to. */
  private record Way(String name, int batch, IntFunction<URI> address) {}

  /** Machines of a scenario: what they need for a picture, and the weights an operator gives. */
  private record Setup(String name, List<Double> seconds, List<Integer> weights) {}

  @Override
  public Integer call() {
    if (jobs < FEW || jobs > 1000 || seconds < 0.1 || seconds > 60) {
      throw new ParameterException(
          spec.commandLine(), "--jobs must be 6 to 1000 and --seconds 0.1 to 60");
    }
    PrintWriter out = spec.commandLine().getOut();
    Project project = Project.find();
    folder = project.work().resolve("plans-" + UUID.randomUUID().toString().substring(0, 4));
    List<BalancerProgram> programs = new ArrayList<>();
    for (BalancerProgram program : BalancerProgram.values()) {
      if (program.find().isPresent()) {
        programs.add(program);
      } else {
        BenchCommand.say(out, program.command() + " is not installed: plan C by it is left out");
      }
    }
    table = new PlanTable(line -> BenchCommand.say(out, line));
    try (var machines = new WrapperMachines(project, folder.resolve("logs"), MOST_MACHINES)) {
      withoutFleet(project, machines, programs);
    }
    boolean kept =
        BenchCommand.onBroker(
            out,
            project,
            broker -> BenchCommand.withMachines(project, "plans-fleet", broker, this::withFleet));
    return kept ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private Setup three() {
    return new Setup("3:1:2", SLOWNESS.stream().map(slow -> slow * seconds).toList(), WEIGHTS);
  }

  private Setup six() {
    List<Integer> ones = Stream.generate(() -> 1).limit(MOST_MACHINES).toList();
    return new Setup("6 equal", ones.stream().map(one -> one * seconds).toList(), ones);
  }

  private void withoutFleet(
      Project project, WrapperMachines machines, List<BalancerProgram> programs) {
    machines.pace(six().seconds().stream().map(second -> second / 5).toList());
    new Pictures("").ask(20 * MOST_MACHINES, 20 * MOST_MACHINES, roundRobin(machines.wrappers()));
    for (Setup setup : List.of(three(), six())) {
      int count = setup.seconds().size();
      List<URI> wrappers = machines.wrappers().subList(0, count);
      List<String> names = machines.names().subList(0, count);
      Runnable paced = () -> machines.pace(setup.seconds());
      var roundRobin = new Way("A round robin", count, roundRobin(wrappers));
      compare(setup, roundRobin, names, paced);
      if (setup.equals(three())) {
        killed(setup, roundRobin, names, paced, machines);
      }
      for (BalancerProgram program : programs) {
        try (var balancer = balancer(project, program, wrappers, setup.weights())) {
          var way = new Way("C " + program.command(), jobs, i -> balancer.url());
          compare(setup, way, names, paced);
          if (setup.equals(three())) {
            killed(setup, way, names, paced, machines);
          }
        }
      }
    }
  }

  private void killed(
      Setup setup, Way way, List<String> names, Runnable paced, WrapperMachines machines) {
    kill(setup, way, names, paced, () -> machines.kill(1));
    machines.revive(1);
    // A cold program takes longer than a picture.
    new Pictures("").ask(20, 20, i -> machines.wrappers().getFirst());
  }

  private Balancer balancer(
      Project project, BalancerProgram program, List<URI> wrappers, List<Integer> weights) {
    List<BalancerFile.Machine> behind =
        IntStream.range(0, wrappers.size())
            .mapToObj(i -> new BalancerFile.Machine(wrappers.get(i), weights.get(i)))
            .toList();
    var file = BalancerFile.of(project.home(), program, "plain-wrappers").withMachines(behind);
    return Balancer.start(file, folder.resolve(program.command() + "-" + wrappers.size()));
  }

  private boolean withFleet(Machines machines) {
    machines.start(MOST_MACHINES);
    var way = new Way("B ComfyFleet", jobs, i -> machines.producerUrl());
    List<String> names =
        IntStream.rangeClosed(1, MOST_MACHINES).mapToObj(Machines::nodeId).toList();
    pace(machines, six().seconds().stream().map(second -> second / 5).toList());
    for (int round = 0; round < 5; round++) {
      new Pictures("demo-image").ask(24, 24, way.address());
    }
    boolean good = compare(six(), way, names, () -> pace(machines, six().seconds()));
    Api api = new Api(machines.producerUrl(), Duration.ofSeconds(30));
    for (String other : names.subList(SLOWNESS.size(), MOST_MACHINES)) {
      api.post("/api/nodes/" + other + "/pause", "", null);
    }
    List<String> three = names.subList(0, SLOWNESS.size());
    Runnable paced = () -> pace(machines, three().seconds());
    good &= compare(three(), way, three, paced);
    return good & kill(three(), way, three, paced, () -> machines.worker(1).kill());
  }

  private static void pace(Machines machines, List<Double> seconds) {
    for (int i = 0; i < seconds.size(); i++) {
      SimulatorControl.pace(machines.simulated().get(i), seconds.get(i));
    }
  }

  private static IntFunction<URI> roundRobin(List<URI> wrappers) {
    return i -> wrappers.get(i % wrappers.size());
  }

  private boolean compare(Setup setup, Way way, List<String> names, Runnable paced) {
    boolean good = true;
    paced.run();
    for (int count : List.of(FEW, jobs)) {
      double least = PlanTable.least(setup.seconds(), count);
      long begin = System.nanoTime();
      List<Picture> pictures = ask(way, count);
      double took = (System.nanoTime() - begin) / 1e9;
      good &= table.line(setup.name(), way.name(), names, pictures, took, least);
    }
    return good;
  }

  private boolean kill(Setup setup, Way way, List<String> names, Runnable paced, Runnable kill) {
    paced.run();
    double middle = PlanTable.least(setup.seconds(), jobs) / 2;
    long begin = System.nanoTime();
    var after = CompletableFuture.delayedExecutor(Math.round(middle * 1000), TimeUnit.MILLISECONDS);
    CompletableFuture<Void> killed = CompletableFuture.runAsync(kill, after);
    List<Picture> pictures = ask(way, jobs);
    double took = (System.nanoTime() - begin) / 1e9;
    killed.join();
    double least = PlanTable.leastWithoutFirst(setup.seconds(), jobs, middle);
    return table.line(setup.name() + ", first killed", way.name(), names, pictures, took, least);
  }

  private static List<Picture> ask(Way way, int count) {
    return new Pictures("demo-image").ask(count, Math.min(count, way.batch()), way.address());
  }
}
