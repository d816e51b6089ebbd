package io.comfyfleet.producer.run;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.producer.problem.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Reads jobs and runs for callers, and waits for them. No connection is held while waiting. */
@Component
public class RunReader {
  /** Longest that a caller may wait, in seconds. */
  public static final int LONGEST_WAIT = 300;

  private static final Duration LOOK_ANYWAY = Duration.ofSeconds(1);

  /** So that thousands who wait ask the database no more than 200 times a second between them. */
  private static final Duration LOOK_SHARE = Duration.ofMillis(5);

  private final RunTable runs;
  private final JobTable jobs;
  private final RunClosing closing;
  private final LiveJobs live;
  private final RunFeed feed;
  private final Nodes nodes;
  private final AtomicInteger waiting = new AtomicInteger();

  RunReader(
      RunTable runs, JobTable jobs, RunClosing closing, LiveJobs live, RunFeed feed, Nodes nodes) {
    this.runs = runs;
    this.jobs = jobs;
    this.closing = closing;
    this.live = live;
    this.feed = feed;
    this.nodes = nodes;
  }

  /**
   * The job, after its end or after that many seconds.
   *
   * @throws ProblemException when there is no such job
   * @throws InvalidMessageException (field {@code wait}) when it is longer than allowed
   */
  public JobView job(UUID jobId, int wait) {
    checkWait(wait);
    JobRow row = row(jobId);
    if (wait > 0 && row.pending()) {
      await(row.runId(), wait, () -> !row(jobId).pending());
      row = row(jobId);
    }
    return view(row, true);
  }

  /**
   * The run with all its jobs, after its end or after that many seconds.
   *
   * @throws ProblemException when there is no such run
   * @throws InvalidMessageException (field {@code wait}) when it is longer than allowed
   */
  public RunView run(String runId, int wait) {
    checkWait(wait);
    if (wait > 0 && find(runId).status() == RunStatus.OPEN) {
      await(runId, wait, () -> find(runId).status() != RunStatus.OPEN);
    }
    RunRow run = find(runId);
    List<JobView> views = jobs.ofRun(runId).stream().map(row -> view(row, false)).toList();
    return new RunView(
        run.runId(),
        run.status(),
        closing.counts(run),
        run.need(),
        run.createdAt(),
        run.deadlineAt(),
        run.completedAt(),
        run.metadata(),
        views,
        jobs.results(runId));
  }

  /**
   * What was asked for with the job.
   *
   * @throws ProblemException when there is no such job
   */
  public Job request(UUID jobId) {
    row(jobId);
    return jobs.stored(jobId).job();
  }

  /** Whether the run has ended. */
  boolean ended(String runId) {
    return find(runId).status() != RunStatus.OPEN;
  }

  /**
   * Refuses to wait too long, before anything is done.
   *
   * @throws InvalidMessageException (field {@code wait}) when it is longer than allowed
   */
  public static void checkWait(int wait) {
    if (wait < 0 || wait > LONGEST_WAIT) {
      throw new InvalidMessageException(
          "wait", "must be between 0 and " + LONGEST_WAIT + " seconds, was " + wait);
    }
  }

  /**
   * The id of a job as a caller wrote it into an address.
   *
   * @throws ProblemException when no job can have it
   */
  public static UUID jobId(String id) {
    try {
      return UUID.fromString(id);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          HttpStatus.NOT_FOUND, "job-not-found", "There is no job " + id + ": ids are UUIDs");
    }
  }

  private JobRow row(UUID jobId) {
    return jobs.find(jobId)
        .orElseThrow(() ->
            new ProblemException(
                HttpStatus.NOT_FOUND, "job-not-found", "There is no job " + jobId));
  }

  private RunRow find(String runId) {
    return runs.find(runId)
        .orElseThrow(() ->
            new ProblemException(
                HttpStatus.NOT_FOUND, "run-not-found", "There is no run " + runId));
  }

  private void await(String runId, int seconds, BooleanSupplier done) {
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    waiting.incrementAndGet();
    try (RunFeed.Subscription subscription = feed.subscribe(runId)) {
      while (!holds(done) && System.nanoTime() < deadline && !feed.closing()) {
        long look = Math.max(LOOK_ANYWAY.toNanos(), LOOK_SHARE.toNanos() * waiting.get());
        awaitChange(subscription, Math.min(deadline - System.nanoTime(), look));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      waiting.decrementAndGet();
    }
  }

  /** A database that is away for a moment ends nobody's wait. */
  private static boolean holds(BooleanSupplier done) {
    try {
      return done.getAsBoolean();
    } catch (DataAccessException | TransactionException e) {
      return false;
    }
  }

  private static void awaitChange(RunFeed.Subscription subscription, long nanos)
      throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    RunFeed.Signal signal;
    do {
      signal = subscription.next(Duration.ofNanos(deadline - System.nanoTime()));
    } while (signal instanceof RunFeed.Signal.Progress);
  }

  /** The job as callers see it. */
  JobView view(JobRow row, boolean withResult) {
    LiveJobs.@Nullable Live running =
        row.column().equals(JobState.OPEN_COLUMN) ? live.find(row.jobId()) : null;
    JobState state = state(row, running != null);
    boolean unserved =
        (state == JobState.QUEUED || state == JobState.ACCEPTED) && !nodes.serves(row.lane());
    return new JobView(
        row.jobId(),
        row.runId(),
        row.index(),
        row.key(),
        row.type(),
        row.lane(),
        row.priority(),
        running != null ? running.nodeId() : row.nodeId(),
        state,
        running == null ? null : running.progress(),
        unserved ? "no node serves the lane \"" + row.lane() + "\" now; the job waits" : null,
        row.createdAt(),
        row.endedAt(),
        withResult && !row.pending() ? jobs.result(row.jobId()).orElse(null) : null);
  }

  private static JobState state(JobRow row, boolean running) {
    if (!row.column().equals(JobState.OPEN_COLUMN)) {
      return JobState.valueOf(row.column().toUpperCase(Locale.ROOT));
    }
    if (running) {
      return JobState.RUNNING;
    }
    return row.unpublished() ? JobState.ACCEPTED : JobState.QUEUED;
  }
}
