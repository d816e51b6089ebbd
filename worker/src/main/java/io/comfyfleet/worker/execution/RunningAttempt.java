package io.comfyfleet.worker.execution;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.node.RunningJob.Phase;
import io.comfyfleet.worker.comfy.PromptSink;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that a worker has in hand: how far it is, and the way to stop it. Thread-safe: one
 * thread runs it, others look at it and stop it.
 */
public final class RunningAttempt implements PromptSink {
  /** Why an attempt is to end early. */
  public enum Stop {
    /** The worker ends: the job is given back. */
    DRAIN,
    /** The sender wants it no more. */
    CANCEL,
    /** Another node has the same job in hand: it is put back to wait. */
    DEFER,
    /** Another node has done the same job: it is dropped. */
    DONE
  }

  private final Job job;
  private final Instant startedAt;
  private final boolean redelivered;
  private final Consumer<RunningAttempt> onPhase;
  private final Semaphore wake = new Semaphore(0);
  private volatile @Nullable Stop stop;
  private volatile Phase phase = Phase.PREPARE;
  private volatile double progress;
  private volatile boolean promptEnded;
  private volatile boolean alive;
  private volatile boolean started;
  private volatile boolean disobeyed;
  private volatile boolean reattached;
  private volatile Instant lastSign = Instant.now();
  private volatile @Nullable String graphNode;

  /**
   * @param job the job
   * @param startedAt when the worker took it
   * @param redelivered whether the broker had handed its message to somebody before
   * @param onPhase told of each new phase and of the end of the last, on the attempt's thread
   */
  public RunningAttempt(
      Job job, Instant startedAt, boolean redelivered, Consumer<RunningAttempt> onPhase) {
    this.job = job;
    this.startedAt = startedAt;
    this.redelivered = redelivered;
    this.onPhase = onPhase;
  }

  /** The job. */
  public Job job() {
    return job;
  }

  /** ComfyUI's id of this attempt's prompt, the same wherever the attempt is made. */
  public UUID promptId() {
    return PromptFactory.promptId(job);
  }

  /** When the worker took it. */
  public Instant startedAt() {
    return startedAt;
  }

  /** Whether the broker had handed its message to somebody before. */
  public boolean redelivered() {
    return redelivered;
  }

  /** Whether nobody can have begun the job before, as far as its message tells. */
  public boolean isFirst() {
    return !redelivered && job.attempts().isEmpty();
  }

  /** From its acceptance, or the end of the attempt before, until the worker took it. */
  public Duration waited() {
    Instant since = job.attempts().isEmpty() ? job.createdAt() : job.attempts().getLast().endedAt();
    Duration waited = Duration.between(since, startedAt);
    // The clocks of two machines differ.
    return waited.isNegative() ? Duration.ZERO : waited;
  }

  /** Whether its prompt was in ComfyUI before it began. */
  public boolean isReattached() {
    return reattached;
  }

  void reattached() {
    reattached = true;
  }

  /** What is being done. */
  public Phase phase() {
    return phase;
  }

  /** Share of the graph that is done, 0 to 1. */
  public double progress() {
    return progress;
  }

  /** Id of the graph's node that runs; null outside the run. */
  public @Nullable String graphNode() {
    return graphNode;
  }

  /** The same for a heartbeat. */
  public RunningJob snapshot() {
    return new RunningJob(job.jobId(), job.runId(), job.attempt(), phase, progress, startedAt);
  }

  /** Asks the attempt to end early. The first reason stands. Returns at once. */
  public synchronized void stop(Stop reason) {
    if (stop == null) {
      stop = reason;
    }
    wake.release();
  }

  /** Why the attempt is to end early; null when it is not. */
  public @Nullable Stop stopReason() {
    return stop;
  }

  @Override
  public void hint() {
    wake.release();
  }

  @Override
  public void ended() {
    promptEnded = true;
    wake.release();
  }

  /** Whether ComfyUI said that the prompt has ended. */
  boolean promptEnded() {
    return promptEnded;
  }

  /** Whether ComfyUI did not let the prompt end although it was told to: the node is suspect. */
  public boolean isDisobeyed() {
    return disobeyed;
  }

  void disobeyed() {
    disobeyed = true;
  }

  /** Notes that something moved. */
  void sign() {
    lastSign = Instant.now();
  }

  /** When something last moved. */
  Instant lastSign() {
    return lastSign;
  }

  /** Whether ComfyUI has told of any work on the prompt. */
  boolean isAlive() {
    return alive;
  }

  @Override
  public void progress(double nodesDone, String node) {
    alive = true;
    sign();
    double share = Math.clamp(nodesDone / job.workflow().graph().size(), 0, 1);
    // Messages of two kinds tell the same; the later one may know less.
    progress = Math.max(progress, share);
    if (!node.isEmpty()) {
      graphNode = node;
    }
  }

  /** Whether work on it has begun. */
  public boolean isStarted() {
    return started;
  }

  void enter(Phase next) {
    started = true;
    phase = next;
    if (next == Phase.STORE) {
      progress = 1;
      graphNode = null;
    }
    onPhase.accept(this);
  }

  /**
   * Ends the attempt here if somebody asked for it before anything was submitted.
   *
   * @throws AttemptEnd when it is to end
   */
  void checkStop() {
    if (stop != null) {
      throw AttemptEnd.of(stopError());
    }
  }

  /** The reason of a stop as an error. */
  JobError stopError() {
    return stop == Stop.CANCEL ? ErrorClassification.cancelled() : ErrorClassification.drained();
  }

  /** Waits so long; false when the attempt is to end meanwhile. */
  public boolean pause(Duration time) {
    Instant until = Instant.now().plus(time);
    while (stop == null && Instant.now().isBefore(until)) {
      await(Duration.between(Instant.now(), until).plusMillis(1));
    }
    return stop == null;
  }

  /** Waits for a hint or a stop, at most so long. */
  void await(Duration limit) {
    try {
      if (wake.tryAcquire(Math.max(0, limit.toMillis()), TimeUnit.MILLISECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop(Stop.DRAIN);
    }
  }
}
