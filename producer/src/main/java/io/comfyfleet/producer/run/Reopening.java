package io.comfyfleet.producer.run;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Sends jobs again that have failed: the job waits for a node as on its first day, those that
 * failed only because of it wait for it again, and a run that had ended is open until it ends once
 * more. What is still to come from an earlier try changes nothing: its result names another replay.
 */
@Component
public class Reopening {
  private final RunTable runs;
  private final JobTable jobs;
  private final ReplayedJobTable replayed;
  private final JobMessages messages;
  private final LiveJobs live;
  private final RunFeed feed;
  private final Clock clock;

  Reopening(
      RunTable runs,
      JobTable jobs,
      ReplayedJobTable replayed,
      JobMessages messages,
      LiveJobs live,
      RunFeed feed,
      Clock clock) {
    this.runs = runs;
    this.jobs = jobs;
    this.replayed = replayed;
    this.messages = messages;
    this.live = live;
    this.feed = feed;
    this.clock = clock;
  }

  /** The job's message as it was last sent; empty for a job that is not known. */
  public Optional<Job> lastSent(UUID jobId) {
    return jobs.find(jobId).map(row -> jobs.stored(jobId).job());
  }

  /**
   * Sends a job again, in the caller's transaction.
   *
   * @param job as it is to be done; its id, run and index are those of a job that is known
   * @param evenWithdrawn whether also a job is sent again that was cancelled, or that is of a run
   *     that was cancelled
   * @return why not, as the end of a sentence that begins with the job; null when it is on its way
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public @Nullable String reopen(Job job, boolean evenWithdrawn) {
    UUID jobId = job.jobId();
    String runId = jobs.runsOf(List.of(jobId)).get(jobId);
    RunRow run = runId == null ? null : runs.lock(runId).orElse(null);
    JobRow row = run == null ? null : jobs.find(jobId).orElse(null);
    if (run == null || row == null) {
      return "is not known to this fleet's database; submit it as a new one";
    }
    if (!run.runId().equals(job.runId()) || row.index() != job.index()) {
      return "is index " + row.index() + " of run " + run.runId() + ", which no edit can change";
    }
    String refusal = refusal(run, row, evenWithdrawn);
    if (refusal != null) {
      return refusal;
    }
    int number = replayed.replays(jobId) + 1;
    if (number > Job.MOST_REPLAYS) {
      return "was sent again " + Job.MOST_REPLAYS + " times, which is the limit";
    }
    Instant now = clock.instant();
    JobTable.Stored stored = jobs.stored(jobId);
    Job anew = job.replayed(number, anew(job.expiresAt(), begunAt(job, stored.job()), now));
    replayed.reopen(anew, JobState.OPEN_COLUMN, now);
    messages.job(anew, stored.replyTo(), stored.correlationId());
    awaitAgain(jobId, now);
    if (run.status() != RunStatus.OPEN && !hasEnough(run)) {
      runs.reopen(runId, anew(run.deadlineAt(), runs.lastJobAt(runId), now), now);
    }
    afterCommit(jobId, runId);
    return null;
  }

  private static @Nullable String refusal(RunRow run, JobRow row, boolean evenWithdrawn) {
    if (row.pending()) {
      return "has not ended: it was sent again already, or its result is still on its way";
    }
    if (row.column().equals("succeeded")) {
      return "has succeeded since; discard the letter";
    }
    boolean withdrawn = row.column().equals("cancelled") || run.status() == RunStatus.CANCELLED;
    if (withdrawn && !evenWithdrawn) {
      return "or its run was cancelled; say even_cancelled to send it again all the same";
    }
    return null;
  }

  /** As long as it had at first, for its time may be over. */
  private static @Nullable Instant anew(@Nullable Instant end, Instant from, Instant now) {
    return end == null ? null : now.plus(Duration.between(from, end));
  }

  /** From when its expiry was counted: the message of an earlier try, or an edit, has another. */
  private Instant begunAt(Job job, Job lastSent) {
    return Objects.equals(job.expiresAt(), lastSent.expiresAt())
        ? replayed.sentAt(job.jobId())
        : job.createdAt();
  }

  /** Jobs that failed because this one did wait again, and those that wait for them. */
  private void awaitAgain(UUID jobId, Instant now) {
    for (UUID dependent : replayed.failedDependents(jobId)) {
      Optional<ErrorCode> cause = jobs.result(dependent).map(Result::error).map(JobError::code);
      if (cause.filter(ErrorCode.DEPENDENCY_FAILED::equals).isPresent()) {
        Job job = jobs.stored(dependent).job();
        int number = replayed.replays(dependent) + 1;
        replayed.reopen(
            job.replayed(number, anew(job.expiresAt(), replayed.sentAt(dependent), now)),
            JobState.WAITING_COLUMN,
            now);
        awaitAgain(dependent, now);
      }
    }
  }

  /** A run that asked for k of n and has k stays ended. */
  private boolean hasEnough(RunRow run) {
    Map<String, Integer> counts = jobs.counts(run.runId());
    return run.need() != null && counts.getOrDefault("succeeded", 0) >= run.need();
  }

  private void afterCommit(UUID jobId, String runId) {
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            live.left(jobId);
            feed.tell(runId, new RunFeed.Signal.Changed());
          }
        });
  }
}
