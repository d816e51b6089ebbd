package io.comfyfleet.producer.run;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Timings;
import io.comfyfleet.producer.callback.Callbacks;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.wire.MessageCodec;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Ends jobs: the first result of a job is kept, any later one dropped; its dependents are set free
 * or, when it did not succeed, end with it. The caller holds the lock of the run.
 */
@Component
class JobEndings {
  private static final Logger log = LoggerFactory.getLogger(JobEndings.class);

  private final JobTable jobs;
  private final Dependents dependents;
  private final JobMessages messages;
  private final Callbacks callbacks;
  private final MessageCodec codec;
  private final LiveJobs live;
  private final Recalls recalls;
  private final JobCounters counters;
  private final Clock clock;

  JobEndings(
      JobTable jobs,
      Dependents dependents,
      JobMessages messages,
      Callbacks callbacks,
      MessageCodec codec,
      LiveJobs live,
      Recalls recalls,
      JobCounters counters,
      Clock clock) {
    this.jobs = jobs;
    this.dependents = dependents;
    this.messages = messages;
    this.callbacks = callbacks;
    this.codec = codec;
    this.live = live;
    this.recalls = recalls;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * Ends a job as a worker says.
   *
   * @return whether it was the first result of that job
   */
  boolean end(Result result) {
    if (!keep(result)) {
      return false;
    }
    Deque<Result> ended = new ArrayDeque<>();
    ended.add(result);
    while (!ended.isEmpty()) {
      Result done = ended.remove();
      for (UUID dependent : jobs.waitingFor(done.jobId())) {
        dependents
            .release(dependent)
            .ifPresent(error -> {
              Result failed = endHere(dependent, ResultStatus.FAILED, error);
              if (keep(failed)) {
                ended.add(failed);
              }
            });
      }
    }
    return true;
  }

  /** Ends a job that no worker will end, its dependents with it; false when it had ended. */
  boolean giveUp(UUID jobId, ResultStatus status, ErrorCode code, String reason) {
    return giveUp(jobs.stored(jobId).job(), status, JobError.permanent(code, reason));
  }

  /** The same, as the job's message stands now. */
  boolean giveUp(Job job, ResultStatus status, JobError error) {
    UUID jobId = job.jobId();
    Result result = Result.ended(job, status, null, Timings.NONE, error, clock.instant());
    boolean first = end(result);
    if (first) {
      messages.withdraw(jobId);
    }
    return first;
  }

  /** Cancels jobs that are all that is pending in their run: none is left to wait for another. */
  void cancel(List<UUID> jobIds) {
    JobError error = JobError.permanent(ErrorCode.CANCELLED, "The sender cancelled the run");
    for (UUID jobId : jobIds) {
      Result result = endHere(jobId, ResultStatus.CANCELLED, error);
      if (keep(result)) {
        messages.withdraw(jobId);
      }
    }
  }

  private Result endHere(UUID jobId, ResultStatus status, JobError error) {
    Job job = jobs.stored(jobId).job();
    return Result.ended(job, status, null, Timings.NONE, error, clock.instant());
  }

  private boolean keep(Result result) {
    byte[] encoded = codec.encode(result);
    if (!jobs.end(result, encoded, clock.instant())) {
      log.atDebug().addKeyValue(LogKeys.JOB_ID, result.jobId()).log("repeated result dropped");
      afterCommit(counters::repeated);
      return false;
    }
    afterCommit(() -> {
      live.ended(result.jobId());
      recalls.ended(result.jobId());
      counters.ended(result);
    });
    log.atInfo()
        .addKeyValue(LogKeys.JOB_ID, result.jobId())
        .addKeyValue(LogKeys.RUN_ID, result.runId())
        .addKeyValue(LogKeys.OUTCOME, result.status())
        .addKeyValue(LogKeys.WORKER, result.nodeId())
        .addKeyValue(LogKeys.REASON, result.error() == null ? null : result.error().code())
        .log("job ended");
    tell(jobs.asker(result.jobId()), result, encoded);
    return true;
  }

  /** Whoever ends a job, its sender is told from here: once, and kept until it is told. */
  private void tell(JobTable.Asker asker, Result result, byte[] encoded) {
    if (asker.callback() != null) {
      callbacks.add(asker.callback(), key(result), encoded);
    }
    if (asker.replyTo() != null) {
      messages.reply(result, encoded, asker);
    }
  }

  private static String key(Result result) {
    return "job-" + result.jobId() + (result.replay() == null ? "" : "-replay-" + result.replay());
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
