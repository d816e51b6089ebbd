package io.comfyfleet.bench;

import io.comfyfleet.bench.Ledger.AcceptedJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The ends that a job of the workload cannot have, whatever strikes. */
final class WrongEnds {

  private final Evidence evidence;
  private final Set<String> rendered;

  WrongEnds(Evidence evidence) {
    this.evidence = evidence;
    rendered = evidence.renders().stream().map(Render::jobId).collect(Collectors.toSet());
  }

  /** A line for each, also when only the answer or only the producer tells it. */
  List<String> lines() {
    Map<String, List<JobEnd>> told = Answer.byJob(evidence.answers());
    evidence.runs().stream()
        .flatMap(run -> run.ends().stream())
        .forEach(end -> told.computeIfAbsent(end.jobId(), id -> new ArrayList<>()).add(end));
    Stream<String> ends =
        evidence.accepted().stream()
            .flatMap(job ->
                told.getOrDefault(job.jobId().toString(), List.of()).stream()
                    .flatMap(end -> Stream.concat(wrong(job, end), wrongOrder(job, end, told)))
                    .distinct()
                    .map(why -> job.jobId() + ": " + why));
    return Stream.concat(ends, evidence.wrongFiles().stream()).toList();
  }

  /** A job that needs another begins when that has succeeded, and only then. */
  private static Stream<String> wrongOrder(
      AcceptedJob job, JobEnd end, Map<String, List<JobEnd>> told) {
    List<JobEnd> needed =
        job.after() == null ? List.of() : told.getOrDefault(job.after().toString(), List.of());
    boolean mayBegin = needed.stream().anyMatch(JobEnd::isSucceeded);
    if ("dependency_failed".equals(end.code())) {
      return job.after() == null || mayBegin
          ? Stream.of("dependency_failed, but nothing that it needs has failed")
          : Stream.empty();
    }
    return end.isSucceeded() && job.after() != null && !mayBegin
        ? Stream.of("succeeded, but " + job.after() + ", which it needs, did not")
        : Stream.empty();
  }

  private Stream<String> wrong(AcceptedJob job, JobEnd end) {
    boolean cancelled = evidence.cancelled().contains(job.runId());
    return switch (end.status()) {
      case "failed" -> Stream.empty();
      case "cancelled" -> cancelled ? Stream.empty() : Stream.of("cancelled, unasked");
      case "succeeded" -> wrongSuccess(job, end, cancelled);
      default -> Stream.of(end.status());
    };
  }

  private Stream<String> wrongSuccess(AcceptedJob job, JobEnd end, boolean cancelled) {
    if (job.pastDeadline()) {
      return Stream.of("succeeded past its deadline");
    }
    if (end.outputs().isEmpty()) {
      return Stream.of("succeeded without an output");
    }
    return cancelled || rendered.contains(end.jobId())
        ? Stream.empty()
        : Stream.of("succeeded, but no machine rendered it");
  }
}
