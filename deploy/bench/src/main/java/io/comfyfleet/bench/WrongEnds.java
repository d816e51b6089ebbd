package io.comfyfleet.bench;

import io.comfyfleet.bench.Ledger.AcceptedJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The ends that a job of the workload cannot have, whatever strikes. */
final class WrongEnds {

  /** What a worker that was stopped finds ended it tells of within that time. */
  private static final Duration WAKING = Duration.ofSeconds(2);

  private final Evidence evidence;
  private final Set<String> rendered;
  private final Map<String, List<JobEnd>> told;

  WrongEnds(Evidence evidence) {
    this.evidence = evidence;
    rendered = evidence.renders().stream().map(Render::jobId).collect(Collectors.toSet());
    told = Answer.byJob(evidence.answers());
    evidence.runs().stream()
        .flatMap(run -> run.ends().stream())
        .forEach(end -> told.computeIfAbsent(end.jobId(), id -> new ArrayList<>()).add(end));
  }

  /** A line for each, also when only the answer or only the producer tells it. */
  List<String> lines() {
    return evidence.accepted().stream()
        .flatMap(job ->
            ends(job.jobId()).stream()
                .flatMap(end -> wrong(job, end))
                .distinct()
                .map(why -> job.jobId() + ": " + why))
        .toList();
  }

  private Stream<String> wrong(AcceptedJob job, JobEnd end) {
    boolean cancelled = evidence.cancelled().contains(job.runId());
    return switch (end.status()) {
      case "failed" -> wrongFailure(job, end);
      case "cancelled" -> cancelled ? Stream.empty() : Stream.of("cancelled, unasked");
      case "succeeded" -> wrongSuccess(job, end, cancelled);
      default -> Stream.of(end.status());
    };
  }

  private Stream<String> wrongFailure(AcceptedJob job, JobEnd end) {
    if (!"dependency_failed".equals(end.code())) {
      return Stream.empty();
    }
    if (job.needs() == null) {
      return Stream.of("dependency_failed, but it needs no job");
    }
    return ends(job.needs()).isEmpty() || succeeded(job.needs())
        ? Stream.of("dependency_failed, but " + job.needs() + " did not fail")
        : Stream.empty();
  }

  /** A worker that stands still interrupts nothing; what has ended meanwhile is a success. */
  private boolean wasStopped(JobEnd end) {
    return evidence.strikes().stream()
        .filter(strike -> strike.kind() == FaultKind.WORKER_STOP)
        .anyMatch(
            strike -> strike.touches(end.nodeId(), end.endedAt().minus(WAKING), end.endedAt()));
  }

  private Stream<String> wrongSuccess(AcceptedJob job, JobEnd end, boolean cancelled) {
    if (job.pastDeadline() && !wasStopped(end)) {
      return Stream.of("succeeded past its deadline");
    }
    if (job.needs() != null && !succeeded(job.needs())) {
      return Stream.of("succeeded, but " + job.needs() + " did not");
    }
    if (end.outputs().isEmpty()) {
      return Stream.of("succeeded without an output");
    }
    if (!cancelled && !rendered.contains(end.jobId())) {
      return Stream.of("succeeded, but no machine rendered it");
    }
    return end.outputs().stream().flatMap(this::wrongOutput);
  }

  private Stream<String> wrongOutput(OutputFile output) {
    OutputFile found = evidence.files().get(output.url());
    if (found == null) {
      return Stream.of("its output " + output.url() + " is not there");
    }
    return found.equals(output)
        ? Stream.empty()
        : Stream.of("its output " + output.url() + " is another");
  }

  private List<JobEnd> ends(UUID jobId) {
    return told.getOrDefault(jobId.toString(), List.of());
  }

  private boolean succeeded(UUID jobId) {
    return ends(jobId).stream().anyMatch(JobEnd::isSucceeded);
  }
}
