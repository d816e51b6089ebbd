package io.comfyfleet.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the fleet has promised: kept beside it, never asked from it. Safe for all threads. */
final class Ledger {

  private final Map<String, List<AcceptedJob>> runs = new LinkedHashMap<>();
  private final List<String> refusals = new ArrayList<>();
  private final Map<Cancel, Integer> cancels = new EnumMap<>(Cancel.class);
  private final Set<String> askedToCancel = new HashSet<>();
  private int repeats;

  /**
   * A job that was accepted: a 2xx answer, or a confirmed message.
   *
   * @param runId its run
   * @param jobId its id
   * @param pastDeadline whether it is bound to fail by its time limit
   * @param byMessage whether a message asked for it, which named a queue for its answer
   * @param needs id of the job that must succeed before it; null for none
   * @param asked when it was asked for; it may have begun before the answer came
   */
  record AcceptedJob(
      String runId,
      UUID jobId,
      boolean pastDeadline,
      boolean byMessage,
      @Nullable UUID needs,
      Instant asked) {}

  /** What became of the wish to cancel a run. */
  enum Cancel {
    /** The run was cancelled. */
    DONE,
    /** The run had ended. */
    TOO_LATE,
    /** Not asked for: the producer had not read all of the run from the intake in time. */
    TOO_EARLY
  }

  synchronized void accepted(RunPlan run, List<JobPlan> jobs, Instant asked) {
    List<AcceptedJob> known = runs.computeIfAbsent(run.runId(), id -> new ArrayList<>());
    jobs.forEach(job ->
        known.add(
            new AcceptedJob(
                run.runId(),
                job.jobId(),
                job.pastDeadline(),
                run.intake(),
                run.needs(job),
                asked)));
  }

  synchronized void refused(String why) {
    refusals.add(why);
  }

  synchronized void repeated() {
    repeats++;
  }

  /** Written down before the request is sent: it may be done though no answer comes. */
  synchronized void asksToCancel(String runId) {
    askedToCancel.add(runId);
  }

  synchronized void cancelled(Cancel outcome) {
    cancels.merge(outcome, 1, Integer::sum);
  }

  /** Ids of the runs of which a job was accepted, in the order of their acceptance. */
  synchronized List<String> runIds() {
    return List.copyOf(runs.keySet());
  }

  synchronized List<AcceptedJob> jobs() {
    return runs.values().stream().flatMap(List::stream).toList();
  }

  /** Ids of the runs that were asked to be cancelled, whatever came of it. */
  synchronized Set<String> askedToCancel() {
    return Set.copyOf(askedToCancel);
  }

  /** Valid requests that were refused, in words. */
  synchronized List<String> refusals() {
    return List.copyOf(refusals);
  }

  synchronized int repeats() {
    return repeats;
  }

  synchronized Map<Cancel, Integer> cancels() {
    return Map.copyOf(cancels);
  }
}
