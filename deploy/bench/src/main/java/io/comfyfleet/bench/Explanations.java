package io.comfyfleet.bench;

import io.comfyfleet.bench.JobEnd.FailedAttempt;
import io.comfyfleet.bench.Ledger.AcceptedJob;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** What the schedule accounts for: renders that were repeated, and jobs that were given up. */
final class Explanations {

  /** A worker gives a job up that so many deliveries ended with; the broker one later. */
  private static final int DEADLY_DELIVERIES = 9;

  /** An attempt may end so long after the fault that spoiled it: its time limit, and some. */
  private static final Duration LONGEST_ATTEMPT = Duration.ofSeconds(75);

  /** A prompt does not move, or its worker wakes up with an old answer that says so. */
  private static final Set<FaultKind> STILL = Set.of(FaultKind.HANG, FaultKind.WORKER_STOP);

  /** Why an attempt can fail, by the faults that make it fail so. */
  private static final Map<String, Set<FaultKind>> CAUSES =
      Map.of(
          "out_of_memory", Set.of(FaultKind.OUT_OF_MEMORY),
          // A prompt that the history lost looks so to a worker that did not hear of its end.
          "comfyui_restarted",
              Set.of(
                  FaultKind.COMFYUI_RESTART,
                  FaultKind.CUDA_FAULT,
                  FaultKind.HANG,
                  FaultKind.HISTORY_EVICTED),
          // The upload of an input breaks off, and is not repeated.
          "comfyui_unreachable",
              Set.of(FaultKind.COMFYUI_RESTART, FaultKind.CUDA_FAULT, FaultKind.HANG),
          "comfyui_hung", STILL,
          "stalled", STILL,
          "gpu_poisoned", Set.of(FaultKind.CUDA_FAULT),
          // A restart takes the history of a prompt that has just ended.
          "output_not_retrievable",
              Set.of(
                  FaultKind.OUTPUT_GONE,
                  FaultKind.HISTORY_EVICTED,
                  FaultKind.COMFYUI_RESTART,
                  FaultKind.CUDA_FAULT),
          // The producer dies when a worker has half of a file.
          "input_not_found", Set.of(FaultKind.PRODUCER_KILL),
          "deadline_exceeded", STILL,
          "store_unavailable", Set.of(FaultKind.PRODUCER_KILL, FaultKind.WORKER_STOP));

  /** The faults by which a delivery comes back to its queue uncalled for. */
  private static final Set<FaultKind> RETURNING =
      Set.of(
          FaultKind.WORKER_KILL,
          FaultKind.WORKER_STOP,
          FaultKind.NETWORK_CUT,
          FaultKind.BROKER_RESTART);

  /** A render so long after the job's end began before it was told. */
  private static final Duration TELLING = Duration.ofSeconds(1);

  /** The faults that keep a node from telling how a job ended. */
  private static final Set<FaultKind> SILENCING =
      Set.of(
          FaultKind.NETWORK_CUT,
          FaultKind.WORKER_STOP,
          FaultKind.BROKER_RESTART,
          FaultKind.BROKER_ALARM);

  private static final Duration RECONNECTING = Duration.ofSeconds(10);

  private final Evidence evidence;
  private final Map<String, JobEnd> ends;
  private final Set<String> pastDeadline;
  private final Map<String, Instant> asked;

  /**
   * @param ends how each job ended
   */
  Explanations(Evidence evidence, Map<String, JobEnd> ends) {
    this.evidence = evidence;
    this.ends = ends;
    pastDeadline =
        evidence.accepted().stream()
            .filter(AcceptedJob::pastDeadline)
            .map(job -> job.jobId().toString())
            .collect(Collectors.toSet());
    asked =
        evidence.accepted().stream()
            .collect(Collectors.toMap(job -> job.jobId().toString(), AcceptedJob::asked));
  }

  /**
   * Sorts every render of a job that had been rendered before.
   *
   * @param by receives how many, by the fault's name
   * @param withoutNeed receives one line for each that no fault explains
   */
  void rendersAgain(SortedMap<String, Integer> by, List<String> withoutNeed) {
    Map<String, List<Render>> byJob =
        evidence.renders().stream().collect(Collectors.groupingBy(Render::jobId));
    byJob.forEach((jobId, renders) -> {
      List<Render> ordered =
          renders.stream().sorted(Comparator.comparing(Render::started)).toList();
      for (int i = 1; i < ordered.size(); i++) {
        Render again = ordered.get(i);
        Optional<FaultKind> cause = cause(ordered.subList(0, i), again);
        if (cause.isPresent()) {
          by.merge(cause.get().wireName(), 1, Integer::sum);
        } else {
          withoutNeed.add(line(ordered.get(i - 1), again));
        }
      }
    });
  }

  /** Whether the schedule explains that the job was given up for this reason. */
  boolean explains(Letter letter) {
    if (letter.reason().equals("delivery_limit")) {
      return returns(letter) >= DEADLY_DELIVERIES;
    }
    boolean bound = pastDeadline.contains(letter.jobId());
    return !letter.failures().isEmpty()
        && letter.failures().stream().allMatch(failure -> explains(failure, bound));
  }

  /** How many strikes may have returned the job's message; where it was is not known. */
  private long returns(Letter letter) {
    return asked.containsKey(letter.jobId())
        ? evidence.strikes().stream()
            .filter(strike -> RETURNING.contains(strike.kind()))
            .filter(
                strike -> strike.touches(strike.nodeId(), asked.get(letter.jobId()), letter.died()))
            .count()
        : 0;
  }

  private boolean explains(FailedAttempt failure, boolean boundToBeLate) {
    if (boundToBeLate && failure.code().equals("deadline_exceeded")) {
      return true;
    }
    Set<FaultKind> causes = CAUSES.getOrDefault(failure.code(), Set.of());
    Instant from = failure.ended().minus(LONGEST_ATTEMPT);
    return evidence.strikes().stream()
        .filter(strike -> causes.contains(strike.kind()))
        .anyMatch(strike -> strike.touches(failure.nodeId(), from, failure.ended()));
  }

  /** The latest fault at a node that had rendered the job, between that render and this one. */
  private Optional<FaultKind> cause(List<Render> before, Render again) {
    if (isAfterTheEnd(again)) {
      return Optional.empty();
    }
    return evidence.strikes().stream()
        .filter(strike -> strike.kind().rendersAgain())
        .filter(strike ->
            before.stream()
                .anyMatch(
                    render -> strike.touches(render.nodeId(), render.started(), again.started())))
        .max(Comparator.comparing(Struck::begun))
        .map(Struck::kind);
  }

  /** Never of a cancelled job: its message stays where it is, and the nodes are told later. */
  private boolean isAfterTheEnd(Render again) {
    JobEnd end = ends.get(again.jobId());
    return end != null
        && !end.status().equals("cancelled")
        && again.started().isAfter(told(end).plus(TELLING));
  }

  /** When the node could tell of the end: not while nothing passed between it and the broker. */
  private Instant told(JobEnd end) {
    return evidence.strikes().stream()
        .filter(strike -> SILENCING.contains(strike.kind()))
        .filter(strike -> strike.touches(end.nodeId(), end.endedAt(), end.endedAt()))
        .map(strike -> strike.ended().plus(RECONNECTING))
        .max(Comparator.naturalOrder())
        .orElse(end.endedAt());
  }

  private static String line(Render first, Render again) {
    return "%s: %s %s to %s, then %s %s to %s%s"
        .formatted(
            first.jobId(),
            first.nodeId(),
            first.started(),
            first.ended(),
            again.nodeId(),
            again.started(),
            again.ended(),
            first.promptId().equals(again.promptId()) ? "" : " (another attempt)");
  }
}
