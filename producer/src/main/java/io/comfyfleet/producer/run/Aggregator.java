package io.comfyfleet.producer.run;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.producer.outbox.UndeliverableSink;
import io.comfyfleet.telemetry.LogKeys;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Every change to a run after its acceptance, each in one transaction. Invariants: (1) the run's
 * row is locked before any of its jobs is changed, several runs in order of their ids; (2) only the
 * first result of a job changes anything; (3) a run's event is written where its status changes.
 */
@Component
public class Aggregator implements UndeliverableSink {
  private static final Logger log = LoggerFactory.getLogger(Aggregator.class);

  private final RunTable runs;
  private final JobTable jobs;
  private final JobEndings endings;
  private final Dependents dependents;
  private final JobMessages messages;
  private final RunClosing closing;
  private final RunFeed feed;
  private final JobCounters counters;

  Aggregator(
      RunTable runs,
      JobTable jobs,
      JobEndings endings,
      Dependents dependents,
      JobMessages messages,
      RunClosing closing,
      RunFeed feed,
      JobCounters counters) {
    this.runs = runs;
    this.jobs = jobs;
    this.endings = endings;
    this.dependents = dependents;
    this.messages = messages;
    this.closing = closing;
    this.feed = feed;
    this.counters = counters;
  }

  /**
   * Keeps a new job and sends it on its way, or lets it wait for others. The caller has the run
   * locked and calls in its own transaction.
   *
   * @throws org.springframework.dao.DuplicateKeyException when id or position are taken
   */
  @Transactional
  public void add(NewJob added) {
    afterCommit(() -> counters.accepted(added.job()));
    if (added.dependencies().isEmpty()) {
      jobs.insert(added, JobState.OPEN_COLUMN);
      messages.job(added.job(), added.replyTo(), added.correlationId());
      return;
    }
    jobs.insert(added, JobState.WAITING_COLUMN);
    UUID jobId = added.job().jobId();
    dependents
        .release(jobId)
        .ifPresent(
            error -> endings.giveUp(jobId, ResultStatus.FAILED, error.code(), error.message()));
  }

  /** Keeps results as workers sent them: one transaction for all. */
  @Transactional
  void record(List<Result> results) {
    Map<UUID, String> known = jobs.runsOf(results.stream().map(Result::jobId).toList());
    Map<String, RunRow> locked = lock(known.values());
    for (Result result : results) {
      if (known.containsKey(result.jobId())) {
        endings.end(result);
      } else {
        log.atWarn()
            .addKeyValue(LogKeys.JOB_ID, result.jobId())
            .addKeyValue(LogKeys.RUN_ID, result.runId())
            .log("result of an unknown job dropped");
      }
    }
    settle(locked);
  }

  @Override
  @Transactional
  public boolean undeliverable(UUID jobId, String reason) {
    return giveUp(jobId, ResultStatus.FAILED, ErrorCode.INTERNAL_ERROR, reason);
  }

  /** Ends a job that no node will end; false when it had ended, or there is none. */
  @Transactional
  public boolean giveUp(UUID jobId, ResultStatus status, ErrorCode code, String reason) {
    Map<String, RunRow> locked = lock(jobs.runsOf(List.of(jobId)).values());
    boolean first = !locked.isEmpty() && endings.giveUp(jobId, status, code, reason);
    settle(locked);
    return first;
  }

  /**
   * Fails a job for good, its result with the history that its message carries; false when it had
   * ended, or is none of ours.
   */
  @Transactional
  public boolean fail(Job job, JobError error) {
    return fail(job, error, () -> {});
  }

  /**
   * The same, when its message is still to be put among the dead letters.
   *
   * @param bury does that; called as the last before the commit, so that what fails and comes again
   *     leaves no letter each time; not for a job that had ended
   */
  @Transactional
  public boolean fail(Job job, JobError error, Runnable bury) {
    Map<String, RunRow> locked = lock(jobs.runsOf(List.of(job.jobId())).values());
    boolean first = !locked.isEmpty() && endings.giveUp(job, ResultStatus.FAILED, error);
    settle(locked);
    if (first || locked.isEmpty()) {
      bury.run();
    }
    return first;
  }

  /** Cancels what is pending in a run and closes it; false when it had ended, or there is none. */
  @Transactional
  boolean cancel(String runId) {
    Map<String, RunRow> locked = lock(List.of(runId));
    RunRow run = locked.get(runId);
    boolean first = run != null && run.status() == RunStatus.OPEN;
    if (first) {
      endings.cancel(jobs.pending(runId));
      closing.cancel(run);
    }
    tellAfterCommit(locked.keySet());
    return first;
  }

  /** Closes a run whose deadline has passed; what waits in it for other jobs is given up. */
  @Transactional
  void expire(String runId) {
    Map<String, RunRow> locked = lock(List.of(runId));
    for (RunRow run : locked.values()) {
      if (run.status() == RunStatus.OPEN) {
        for (UUID waiting : jobs.waiting(runId)) {
          endings.giveUp(
              waiting,
              ResultStatus.EXPIRED,
              ErrorCode.EXPIRED,
              "The deadline of the run passed while the job waited for others");
        }
        closing.expire(run);
      }
    }
    tellAfterCommit(locked.keySet());
  }

  /** Closes a run to which no more jobs come. */
  @Transactional
  void closeQuiet(String runId) {
    Map<String, RunRow> locked = lock(List.of(runId));
    for (RunRow run : locked.values()) {
      if (run.status() == RunStatus.OPEN) {
        closing.closeAsItIs(run);
      }
    }
    tellAfterCommit(locked.keySet());
  }

  /** Looks whether a run is done after jobs came to it; the caller has it locked. */
  @Transactional
  public void settle(String runId) {
    settle(lock(List.of(runId)));
  }

  private void settle(Map<String, RunRow> locked) {
    for (RunRow run : locked.values()) {
      if (run.status() == RunStatus.OPEN) {
        closing.closeIfDone(run);
      }
    }
    tellAfterCommit(locked.keySet());
  }

  private Map<String, RunRow> lock(Collection<String> runIds) {
    Map<String, RunRow> locked = new java.util.LinkedHashMap<>();
    for (String runId : new TreeSet<>(runIds)) {
      runs.lock(runId).ifPresent(run -> locked.put(runId, run));
    }
    return locked;
  }

  private void tellAfterCommit(Collection<String> runIds) {
    List<String> ids = List.copyOf(runIds);
    afterCommit(() -> ids.forEach(id -> feed.tell(id, new RunFeed.Signal.Changed())));
  }

  private static void afterCommit(Runnable work) {
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            work.run();
          }
        });
  }
}
