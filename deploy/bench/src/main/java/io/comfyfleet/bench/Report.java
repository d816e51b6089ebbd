package io.comfyfleet.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** The figures of a chaos run as a table that can be pasted into a page, and the cases behind. */
final class Report {

  private static final int MOST_CASES = 20;

  private final ChaosOptions options;
  private final Evidence evidence;
  private final Ledger ledger;
  private final Duration wall;
  private final Verdict verdict;

  /**
   * @param wall from the first job to the last end
   */
  Report(ChaosOptions options, Evidence evidence, Ledger ledger, Duration wall) {
    this.options = options;
    this.evidence = evidence;
    this.ledger = ledger;
    this.wall = wall;
    verdict = Judge.judge(evidence);
  }

  Verdict verdict() {
    return verdict;
  }

  /** One line per figure, then one per kind of fault, in Markdown. */
  List<String> table(String broker) {
    List<String> lines = new ArrayList<>();
    lines.add("| figure | value |");
    lines.add("|---|---|");
    row(lines, "seed", options.seed());
    row(lines, "broker", broker);
    row(lines, "machines", options.nodes() + slots());
    row(lines, "wall time", seconds(wall));
    row(lines, "jobs submitted", verdict.submitted());
    row(lines, "answered", verdict.submitted() - verdict.lost().size() + words(verdict.endings()));
    row(lines, "**lost**", verdict.lost().size());
    row(lines, "**answered twice**", verdict.answeredTwice().size());
    row(lines, "**answered wrongly**", verdict.answeredWrongly().size());
    row(lines, "output files compared", evidence.files().size());
    row(lines, "**runs without an end**", verdict.unended().size());
    row(lines, "repeats a receiver drops by key", verdict.repeatsByKey());
    int again = verdict.againBy().values().stream().mapToInt(Integer::intValue).sum();
    row(lines, "rendered more than once, with need", again + words(verdict.againBy()));
    row(lines, "rendered more than once, without need", verdict.againWithoutNeed().size());
    row(lines, "dead letters", evidence.letters().size() + words(verdict.letters()));
    row(lines, "**dead letters without explanation**", verdict.unexplained().size());
    row(lines, "**failed without a dead letter**", verdict.silent().size());
    row(lines, "**valid requests refused**", verdict.refused().size());
    row(lines, "**strikes not carried out**", verdict.missed().size());
    row(lines, "**processes that ended by themselves**", verdict.surprises().size());
    row(lines, "**left behind**", verdict.leftBehind().size());
    lines.add("");
    lines.addAll(faults());
    return lines;
  }

  /** What a person would look into, a line each. */
  List<String> cases() {
    List<String> lines = new ArrayList<>();
    cases(lines, "Lost", verdict.lost());
    cases(lines, "Answered twice", verdict.answeredTwice());
    cases(lines, "Answered wrongly", verdict.answeredWrongly());
    cases(lines, "Without an end", verdict.unended());
    cases(lines, "Rendered again without need", verdict.againWithoutNeed());
    cases(lines, "Dead letter without explanation", verdict.unexplained());
    cases(lines, "Failed without a dead letter", verdict.silent());
    cases(lines, "Refused", verdict.refused());
    cases(lines, "Ended by itself", verdict.surprises());
    cases(lines, "Left behind", verdict.leftBehind());
    cases(lines, "Strike not carried out", verdict.missed());
    String idle =
        struck().entrySet().stream()
            .filter(entry -> entry.getValue() == 0)
            .map(entry -> entry.getKey().wireName())
            .collect(Collectors.joining(", "));
    if (!idle.isEmpty()) {
      lines.add("Note: struck nothing: " + idle);
    }
    Integer early = ledger.cancels().get(Ledger.Cancel.TOO_EARLY);
    if (early != null) {
      lines.add(
          "Note: "
              + early
              + " run(s) were not cancelled: the producer did not read them from the intake in time");
    }
    return lines;
  }

  /** How often which of the chosen kinds struck. */
  private Map<FaultKind, Integer> struck() {
    Map<FaultKind, Integer> struck = new EnumMap<>(FaultKind.class);
    evidence.strikes().forEach(strike -> struck.merge(strike.kind(), 1, Integer::sum));
    struck.put(FaultKind.DUPLICATE_DELIVERY, ledger.repeats());
    struck.put(FaultKind.CANCELLED_RUN, ledger.cancels().getOrDefault(Ledger.Cancel.DONE, 0));
    struck.put(
        FaultKind.DEADLINE,
        (int) evidence.accepted().stream().filter(Ledger.AcceptedJob::pastDeadline).count());
    options.faults().forEach(kind -> struck.putIfAbsent(kind, 0));
    struck.keySet().retainAll(options.faults());
    return struck;
  }

  private List<String> faults() {
    Map<String, JobEnd> ends = new HashMap<>();
    evidence.runs().forEach(run -> run.ends().forEach(end -> ends.put(end.jobId(), end)));
    Map<FaultKind, Duration> recovery =
        Recovery.longest(evidence.strikes(), ends.values(), evidence.arrivals());
    List<String> lines = new ArrayList<>();
    lines.add("| fault | struck | longest recovery |");
    lines.add("|---|---|---|");
    struck()
        .forEach((kind, times) ->
            lines.add(
                "| %s | %d | %s |"
                    .formatted(
                        kind.wireName(),
                        times,
                        recovery.containsKey(kind) ? seconds(recovery.get(kind)) : "–")));
    return lines;
  }

  private String slots() {
    return options.slots() == 1 ? "" : ", taking 1 to " + options.slots() + " jobs at once";
  }

  private static void row(List<String> lines, String figure, Object value) {
    lines.add("| " + figure + " | " + value + " |");
  }

  private static void cases(List<String> lines, String what, List<String> cases) {
    cases.stream().limit(MOST_CASES).forEach(line -> lines.add(what + ": " + line));
    if (cases.size() > MOST_CASES) {
      lines.add(what + ": and " + (cases.size() - MOST_CASES) + " more");
    }
  }

  private static String words(SortedMap<String, Integer> counts) {
    return counts.isEmpty()
        ? ""
        : counts.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", ", " (", ")"));
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
  }
}
