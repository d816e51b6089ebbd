package io.comfyfleet.cli;

import io.comfyfleet.launch.Board;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.RunAnswer;
import io.comfyfleet.launch.RunEvents;
import io.comfyfleet.launch.SavedOutputs;
import io.comfyfleet.launch.WorkerSettings;
import io.comfyfleet.process.FreePorts;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * One demo: a fleet that grows to each wanted number of machines and renders one run with each.
 * Used by one thread.
 */
final class Demo {

  private static final Duration DRAIN = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final double WARM_UP_SECONDS = 0.05;
  private static final int MOST_WARM_UP_ROUNDS = 30;
  private static final int ROUNDS_WITHOUT_GAIN = 5;

  private final Fleet fleet;
  private final DemoOptions options;
  private final RunBodies bodies;
  private final PrintWriter out;

  Demo(Fleet fleet, DemoOptions options, RunBodies bodies, PrintWriter out) {
    this.fleet = fleet;
    this.options = options;
    this.bodies = bodies;
    this.out = out;
  }

  /**
   * Runs it to the end; with {@code --keep} until somebody ends this JVM.
   *
   * @return whether every job succeeded
   */
  boolean run() {
    List<URI> machines = machines();
    ProducerSettings settings = producerSettings();
    say("Starting the producer at " + settings.url());
    ProducerClient producer = fleet.startProducer(settings);
    var reports = new ArrayList<RunReport>();
    int started = 0;
    for (int count : options.nodes()) {
      grow(producer, machines, settings, started, count);
      started = count;
      RunReport report = measure(producer, count);
      reports.add(report);
      report.table().forEach(this::say);
      say(report.summary());
    }
    if (options.isSeries()) {
      RunReport.comparison(reports).forEach(this::say);
    }
    if (options.keep()) {
      keep(settings, machines);
    }
    return reports.stream().allMatch(RunReport::isSuccess);
  }

  private List<URI> machines() {
    if (!options.comfyUi().isEmpty()) {
      return options.comfyUi();
    }
    say("Starting " + options.mostNodes() + " simulated machines");
    return fleet.startSimulators(options.mostNodes(), options.seconds());
  }

  private static ProducerSettings producerSettings() {
    Path folder =
        Project.find().work().resolve("demo-" + UUID.randomUUID().toString().substring(0, 8));
    return ProducerSettings.onLoopback(FreePorts.onLoopback(1).getFirst(), folder).withoutModels();
  }

  private void grow(
      ProducerClient producer, List<URI> machines, ProducerSettings settings, int from, int to) {
    say("Starting " + (to - from) + (to - from == 1 ? " worker" : " workers"));
    for (int i = from; i < to; i++) {
      fleet.startWorker(
          new WorkerSettings(
              nodeId(i), machines.get(i), WorkerSettings.DEFAULT_LANES, 1, settings.url(), DRAIN));
    }
    List<String> wanted = IntStream.range(0, to).mapToObj(Demo::nodeId).toList();
    fleet.await(to + " nodes to be online", () -> producer.onlineNodes().containsAll(wanted));
    warmUp(producer, machines, to);
  }

  private void warmUp(ProducerClient producer, List<URI> machines, int count) {
    say("Warming up with trivial jobs until they get no faster, not measured");
    boolean simulated = options.comfyUi().isEmpty();
    if (simulated) {
      fleet.pace(machines, WARM_UP_SECONDS);
    }
    long best = Long.MAX_VALUE;
    int withoutGain = 0;
    for (int round = 0; round < MOST_WARM_UP_ROUNDS && withoutGain < ROUNDS_WITHOUT_GAIN; round++) {
      long begin = System.nanoTime();
      String runId = producer.submit(simulated ? bodies.next(count) : RunBodies.warmUp(count));
      while (producer.await(runId).isOpen()) {
        fleet.requireAlive();
      }
      long took = System.nanoTime() - begin;
      withoutGain = took < best ? 0 : withoutGain + 1;
      best = Math.min(best, took);
    }
    if (simulated) {
      fleet.pace(machines, options.seconds());
    }
  }

  private RunReport measure(ProducerClient producer, int count) {
    List<String> nodeIds = IntStream.range(0, count).mapToObj(Demo::nodeId).toList();
    String body = bodies.next(bodies.jobs());
    RunAnswer run;
    Duration elapsed;
    try (Board board = board(nodeIds)) {
      long begin = System.nanoTime();
      String runId = producer.submit(body);
      try (var events = new RunEvents(producer, runId, board)) {
        run = producer.await(runId);
        while (run.isOpen()) {
          fleet.requireAlive();
          run = producer.await(runId);
        }
        elapsed = Duration.ofNanos(System.nanoTime() - begin);
        events.complete(run);
      }
    }
    var outputs = new SavedOutputs(producer, Path.of("fleet-out").resolve(run.runId()));
    return new RunReport(count, run, elapsed, outputs.save(run));
  }

  private Board board(List<String> nodeIds) {
    boolean terminal = System.console() != null && System.console().isTerminal();
    return terminal ? new AnsiBoard(out, nodeIds) : new PlainBoard(out);
  }

  private void keep(ProducerSettings settings, List<URI> machines) {
    say("");
    say("dashboard   " + settings.url() + "/");
    say("producer    " + settings.url());
    IntStream.range(0, machines.size())
        .forEach(i -> say(String.format("%-11s %s", nodeId(i), machines.get(i))));
    say("broker      " + fleet.broker().uri());
    if (fleet.broker().managementUri() != null) {
      say("management  " + fleet.broker().managementUri() + " (guest, guest)");
    }
    say("logs        " + fleet.logs());
    say("Ctrl-C stops everything.");
    while (!Thread.currentThread().isInterrupted()) {
      fleet.endedWorkers().forEach(worker -> say(worker.line() + "; the others go on"));
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static String nodeId(int index) {
    return "node-" + (index + 1);
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
