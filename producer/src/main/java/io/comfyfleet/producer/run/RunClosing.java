package io.comfyfleet.producer.run;

import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunCounts;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.producer.callback.Callbacks;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Closes runs, each exactly once: the row's own status decides, and the event is written in the
 * same transaction. The caller holds the lock of the run.
 */
@Component
class RunClosing {
  private static final Logger log = LoggerFactory.getLogger(RunClosing.class);

  private final RunTable runs;
  private final JobTable jobs;
  private final JobMessages messages;
  private final Callbacks callbacks;
  private final MessageCodec codec;
  private final RunSettings settings;
  private final Clock clock;

  RunClosing(
      RunTable runs,
      JobTable jobs,
      JobMessages messages,
      Callbacks callbacks,
      MessageCodec codec,
      RunSettings settings,
      Clock clock) {
    this.runs = runs;
    this.jobs = jobs;
    this.messages = messages;
    this.callbacks = callbacks;
    this.codec = codec;
    this.settings = settings;
    this.clock = clock;
  }

  /** How many jobs of the run stand where. */
  RunCounts counts(RunRow run) {
    return counts(run, jobs.counts(run.runId()));
  }

  /** The same from the numbers of its jobs by the column's value. */
  static RunCounts counts(RunRow run, Map<String, Integer> by) {
    int seen = by.values().stream().mapToInt(Integer::intValue).sum();
    return new RunCounts(
        run.size() == null ? seen : run.size(),
        by.getOrDefault(JobState.OPEN_COLUMN, 0) + by.getOrDefault(JobState.WAITING_COLUMN, 0),
        by.getOrDefault("succeeded", 0),
        by.getOrDefault("failed", 0),
        by.getOrDefault("cancelled", 0),
        by.getOrDefault("expired", 0));
  }

  /** Closes the run if it has what it asked for, or if nothing more can come. */
  void closeIfDone(RunRow run) {
    RunCounts counts = counts(run);
    status(run, counts, false).ifPresent(status -> close(run, status, counts));
  }

  /** Closes the run with the jobs that came, if all those have ended. */
  void closeAsItIs(RunRow run) {
    RunCounts counts = counts(run);
    status(run, counts, true).ifPresent(status -> close(run, status, counts));
  }

  /** Closes the run whatever is still to come. */
  void expire(RunRow run) {
    close(run, RunStatus.EXPIRED, counts(run));
  }

  /** Closes the run because its sender wants no more of it. */
  void cancel(RunRow run) {
    RunCounts counts = counts(run);
    close(run, counts.succeeded() > 0 ? RunStatus.PARTIAL : RunStatus.CANCELLED, counts);
  }

  private static Optional<RunStatus> status(RunRow run, RunCounts counts, boolean noMoreCome) {
    int ended = counts.succeeded() + counts.failed() + counts.cancelled() + counts.expired();
    if (run.need() != null && counts.succeeded() >= run.need()) {
      return Optional.of(RunStatus.COMPLETED);
    }
    boolean all = run.size() != null && ended >= run.size();
    if (!all && !(noMoreCome && counts.pending() == 0)) {
      return Optional.empty();
    }
    if (run.need() == null && counts.succeeded() == counts.total() && ended > 0) {
      return Optional.of(RunStatus.COMPLETED);
    }
    if (counts.succeeded() > 0) {
      return Optional.of(RunStatus.PARTIAL);
    }
    return Optional.of(
        ended > 0 && counts.cancelled() == ended ? RunStatus.CANCELLED : RunStatus.FAILED);
  }

  private void close(RunRow run, RunStatus status, RunCounts counts) {
    Instant now = clock.instant();
    if (!runs.close(run.runId(), status, now)) {
      return;
    }
    Integer revision = runs.revision(run.runId());
    RunCompleted completed =
        new RunCompleted(
            run.runId(),
            status,
            counts,
            results(run.runId()),
            address(run.runId()),
            "run-" + run.runId() + "-completed" + (revision == 1 ? "" : "-" + revision),
            revision == 1 ? null : revision,
            run.createdAt(),
            now,
            run.metadata());
    byte[] encoded = codec.encode(completed);
    messages.completed(completed, encoded);
    if (run.callbackUrl() != null) {
      callbacks.add(run.callbackUrl(), completed.idempotencyKey(), encoded);
    }
    log.atInfo()
        .addKeyValue(LogKeys.RUN_ID, run.runId())
        .addKeyValue(LogKeys.OUTCOME, status)
        .addKeyValue(LogKeys.COUNT, counts.total())
        .log("run ended");
  }

  /** Null when they could not go into one message anyway. */
  private @Nullable List<Result> results(String runId) {
    return jobs.resultBytes(runId) > MessageCodec.MAX_BYTES ? null : jobs.results(runId);
  }

  private URI address(String runId) {
    String base = settings.publicUrl().toString().replaceAll("/+$", "");
    return URI.create(base + "/api/runs/" + runId);
  }
}
