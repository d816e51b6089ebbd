package io.comfyfleet.producer.dashboard;

import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.Timings;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.producer.node.NodeView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which node was busy with which job of a run when, and what that saved. Times are the workers'
 * clocks, so rows of machines whose clocks differ are shifted against each other. Immutable.
 *
 * @param rows one per node, by name
 * @param ticks where the axis is labelled
 * @param elapsed from the first begin to the last end
 * @param serial what one machine would have needed: all tries one after the other, except those
 *     that were given back
 * @param speedUp serial by elapsed; null when nothing has run
 * @param left tries that are not drawn because there are too many
 */
record Timeline(
    List<Row> rows,
    List<Tick> ticks,
    Duration elapsed,
    Duration serial,
    @Nullable Double speedUp,
    int left) {
  private static final int MOST_BARS = 2_000;
  private static final double LEAST_WIDTH = 0.25;
  private static final List<Long> STEPS =
      List.of(
          1L, 2L, 5L, 10L, 30L, 60L, 120L, 300L, 600L, 1_800L, 3_600L, 7_200L, 21_600L, 86_400L);

  /**
   * The tries of one node.
   *
   * @param node its name
   * @param tracks how many ran side by side at most
   * @param bars its tries in order
   */
  record Row(String node, int tracks, List<Bar> bars) {}

  /**
   * One try.
   *
   * @param jobId the job
   * @param index its position in the run
   * @param attempt number of the try
   * @param state succeeded, running, or how it failed
   * @param x where it begins, percent of the width
   * @param width how long it took, percent of the width
   * @param track 0 for the first
   * @param took how long it took
   * @param says why it failed; null otherwise
   */
  record Bar(
      UUID jobId,
      int index,
      int attempt,
      String state,
      double x,
      double width,
      int track,
      Duration took,
      @Nullable String says) {}

  /**
   * A label of the axis.
   *
   * @param x percent of the width
   * @param at time since the first begin
   */
  record Tick(double x, Duration at) {}

  private record Try(
      String node,
      UUID jobId,
      int index,
      int attempt,
      String state,
      Instant from,
      Instant to,
      @Nullable String says) {}

  /** The picture of a run from its results and from what nodes say to have in hand. */
  static Timeline of(
      String runId,
      List<Result> results,
      List<NodeView> nodes,
      Map<UUID, Integer> indexes,
      Instant now) {
    List<Try> tries = new ArrayList<>();
    results.forEach(result -> add(result, tries));
    for (NodeView node : nodes) {
      for (RunningJob job : node.jobs()) {
        Integer index = indexes.get(job.jobId());
        if (job.runId().equals(runId) && index != null) {
          Instant end = now.isBefore(job.startedAt()) ? job.startedAt() : now;
          tries.add(
              new Try(
                  node.id(),
                  job.jobId(),
                  index,
                  job.attempt(),
                  "running",
                  job.startedAt(),
                  end,
                  null));
        }
      }
    }
    return draw(tries);
  }

  private static void add(Result result, List<Try> tries) {
    for (Attempt attempt : result.attempts()) {
      tries.add(
          new Try(
              attempt.nodeId(),
              result.jobId(),
              result.index(),
              attempt.number(),
              attempt.counts() ? "failed" : "given_back",
              attempt.startedAt(),
              attempt.endedAt(),
              attempt.error().message()));
    }
    Timings timings = result.timings();
    long busy = timings.prepareMs() + timings.runMs() + timings.storeMs();
    if (result.nodeId() != null && (busy > 0 || result.error() == null)) {
      tries.add(
          new Try(
              result.nodeId(),
              result.jobId(),
              result.index(),
              result.attempt(),
              result.status().name().toLowerCase(Locale.ROOT),
              result.endedAt().minusMillis(busy),
              result.endedAt(),
              result.error() == null ? null : result.error().message()));
    }
  }

  private static boolean counts(Try each) {
    return !each.state().equals("given_back");
  }

  private static Timeline draw(List<Try> tries) {
    if (tries.isEmpty()) {
      return new Timeline(List.of(), List.of(), Duration.ZERO, Duration.ZERO, null, 0);
    }
    tries.sort(Comparator.comparing(Try::from));
    Instant begin = tries.getFirst().from();
    Instant end = tries.stream().map(Try::to).max(Instant::compareTo).orElseThrow();
    Duration elapsed = Duration.between(begin, end);
    Duration serial =
        tries.stream()
            .filter(Timeline::counts)
            .map(each -> Duration.between(each.from(), each.to()))
            .reduce(Duration.ZERO, Duration::plus);
    double span = Math.max(1, elapsed.toMillis());
    Map<String, List<Try>> byNode = new TreeMap<>();
    tries.stream()
        .limit(MOST_BARS)
        .forEach(each -> byNode.computeIfAbsent(each.node(), node -> new ArrayList<>()).add(each));
    return new Timeline(
        byNode.entrySet().stream()
            .map(entry -> row(entry.getKey(), entry.getValue(), begin, span))
            .toList(),
        ticks(elapsed),
        elapsed,
        serial,
        serial.isZero() || elapsed.isZero() ? null : serial.toMillis() / span,
        Math.max(0, tries.size() - MOST_BARS));
  }

  private static Row row(String node, List<Try> tries, Instant begin, double span) {
    List<Instant> free = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    for (Try each : tries) {
      int track = 0;
      while (track < free.size() && free.get(track).isAfter(each.from())) {
        track++;
      }
      if (track == free.size()) {
        free.add(each.to());
      } else {
        free.set(track, each.to());
      }
      Duration took = Duration.between(each.from(), each.to());
      double x = 100 * Duration.between(begin, each.from()).toMillis() / span;
      double width = Math.max(LEAST_WIDTH, 100 * took.toMillis() / span);
      bars.add(
          new Bar(
              each.jobId(),
              each.index(),
              each.attempt(),
              each.state(),
              x,
              width,
              track,
              took,
              each.says()));
    }
    return new Row(node, free.size(), bars);
  }

  private static List<Tick> ticks(Duration elapsed) {
    long seconds = Math.max(1, elapsed.toSeconds());
    long step =
        STEPS.stream().filter(each -> seconds / each <= 5).findFirst().orElse(STEPS.getLast());
    List<Tick> ticks = new ArrayList<>();
    for (long at = 0; at <= seconds && at * 1000 <= elapsed.toMillis(); at += step) {
      ticks.add(
          new Tick(100.0 * at * 1000 / Math.max(1, elapsed.toMillis()), Duration.ofSeconds(at)));
    }
    return ticks;
  }
}
