package io.comfyfleet.bench;

import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.RunAnswer;
import io.comfyfleet.launch.SimulatorControl;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One strategy on three nodes of speed 3:1:2, at low and at full load. */
final class StrategyRun {

  /** How many times the fastest node's time each needs. */
  private static final List<Double> SLOWNESS = List.of(1.0, 3.0, 1.5);

  /** Slots under {@code weighted}; the other strategies give each node one. */
  private static final List<Integer> WEIGHTS = List.of(3, 1, 2);

  /** Time between two jobs at low load, in times of the fastest node: a third of what it can do. */
  private static final double PAUSE = 1.5;

  private final Machines machines;
  private final String strategy;
  private final int jobs;
  private final double seconds;

  StrategyRun(Machines machines, String strategy, int jobs, double seconds) {
    this.machines = machines;
    this.strategy = strategy;
    this.jobs = jobs;
    this.seconds = seconds;
  }

  /** The head of the table. */
  static List<String> heading(double seconds) {
    return List.of(
        String.format(
            Locale.ROOT,
            "node-1 needs %.2f s for a job, node-2 %.2f s, node-3 %.2f s",
            seconds * SLOWNESS.get(0),
            seconds * SLOWNESS.get(1),
            seconds * SLOWNESS.get(2)),
        "| strategy | load | node-1 | node-2 | node-3 | makespan | lower bound | ratio |",
        "|---|---|---|---|---|---|---|---|");
  }

  /**
   * Starts the fleet, measures both loads and tells a line for each.
   *
   * @return whether every job succeeded
   */
  boolean measure(Consumer<String> say) {
    boolean weighted = strategy.equals("weighted");
    machines.start(
        SLOWNESS.size(),
        number ->
            Map.of(
                "FLEET_INTAKE_STRATEGY",
                strategy,
                "FLEET_INTAKE_SLOTS",
                String.valueOf(weighted ? WEIGHTS.get(number - 1) : 1)));
    var producer = new ProducerClient(machines.producerUrl());
    warmUp(producer);
    for (int i = 0; i < SLOWNESS.size(); i++) {
      SimulatorControl.pace(machines.simulated().get(i), seconds * SLOWNESS.get(i));
    }
    boolean low = tell(say, "low", oneAfterAnother(producer), lowBound());
    boolean full = tell(say, "full", allAtOnce(producer), fullBound());
    return low && full;
  }

  /** Cold programs would take longer than the jobs, and their speed would be measured as such. */
  private void warmUp(ProducerClient producer) {
    for (int i = 0; i < SLOWNESS.size(); i++) {
      SimulatorControl.pace(machines.simulated().get(i), seconds * SLOWNESS.get(i) / 5);
    }
    for (int round = 0; round < 5; round++) {
      ended(producer, producer.submit(body(12)));
    }
  }

  private Measured oneAfterAnother(ProducerClient producer) {
    long begin = System.nanoTime();
    List<String> runs = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      pauseUntil(begin + Math.round(i * PAUSE * seconds * 1e9));
      runs.add(producer.submit(body(1)));
    }
    List<RunAnswer.JobResult> results = new ArrayList<>();
    runs.forEach(run -> results.addAll(ended(producer, run).results()));
    return new Measured(results, (System.nanoTime() - begin) / 1e9);
  }

  private Measured allAtOnce(ProducerClient producer) {
    long begin = System.nanoTime();
    List<RunAnswer.JobResult> results = ended(producer, producer.submit(body(jobs))).results();
    return new Measured(results, (System.nanoTime() - begin) / 1e9);
  }

  /** The last job comes so late and takes at least the fastest node's time. */
  private double lowBound() {
    return (jobs - 1) * PAUSE * seconds + seconds;
  }

  /** The least time in which the nodes together can end so many whole jobs. */
  private double fullBound() {
    return PlanTable.least(SLOWNESS.stream().map(slowness -> slowness * seconds).toList(), jobs);
  }

  private boolean tell(Consumer<String> say, String load, Measured measured, double bound) {
    say.accept(
        String.format(
            Locale.ROOT,
            "| %s | %s | %d | %d | %d | %.1f s | %.1f s | %.2f |",
            strategy,
            load,
            measured.on("node-1"),
            measured.on("node-2"),
            measured.on("node-3"),
            measured.seconds(),
            bound,
            measured.seconds() / bound));
    return measured.results().stream().filter(RunAnswer.JobResult::isSucceeded).count() == jobs;
  }

  private static RunAnswer ended(ProducerClient producer, String runId) {
    RunAnswer run = producer.await(runId);
    while (run.isOpen()) {
      run = producer.await(runId);
    }
    return run;
  }

  private static String body(int count) {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    ArrayNode jobs = body.putArray("jobs");
    for (int i = 0; i < count; i++) {
      ObjectNode job = jobs.addObject().put("type", "image").put("template", "demo-image");
      job.put("prompt", "measured");
      // ComfyUI would answer an equal graph from its cache.
      job.putObject("params").put("seed", ThreadLocalRandom.current().nextInt(1 << 24));
    }
    return body.toString();
  }

  private static void pauseUntil(long nanoTime) {
    for (long left; (left = nanoTime - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
    }
  }

  private record Measured(List<RunAnswer.JobResult> results, double seconds) {
    long on(String nodeId) {
      return results.stream().filter(result -> nodeId.equals(result.nodeId())).count();
    }
  }
}
