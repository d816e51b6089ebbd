package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.ComfyProperties;
import io.comfyfleet.worker.comfy.ComfySocket;
import io.comfyfleet.worker.comfy.HealthProperties;
import io.comfyfleet.worker.comfy.PromptEnd;
import io.comfyfleet.worker.comfy.PromptStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One prompt inside ComfyUI: submitted at most once, watched until it ends. One instance per
 * attempt, used by one thread.
 *
 * <ol>
 *   <li>It looks before it submits: a redelivered job finds its prompt and attaches to it.
 *   <li>Looking is the truth; the websocket only says when to look.
 *   <li>It never touches a prompt of anybody else.
 * </ol>
 */
final class PromptRun {
  private static final Duration AFTER_HINT = Duration.ofMillis(25);
  private static final int LOOKS_AFTER_HINT = 8;

  private final ComfyClient comfy;
  private final ComfySocket socket;
  private final ComfyProperties properties;
  private final HealthProperties health;
  private final RunningAttempt attempt;
  private final Job job;
  private final UUID promptId;
  private boolean submitted;

  PromptRun(
      ComfyClient comfy,
      ComfySocket socket,
      ComfyProperties properties,
      HealthProperties health,
      RunningAttempt attempt) {
    this.comfy = comfy;
    this.socket = socket;
    this.properties = properties;
    this.health = health;
    this.attempt = attempt;
    this.job = attempt.job();
    this.promptId = PromptFactory.promptId(job);
  }

  /**
   * Whether the prompt is in ComfyUI already, queued, running or ended. One that ended because it
   * was interrupted counts as never submitted: that was a worker that gave the job back.
   */
  boolean isThere() {
    return switch (patiently(() -> comfy.look(promptId))) {
      case PromptStatus.Absent absent -> false;
      case PromptStatus.Pending pending -> true;
      case PromptStatus.Running running -> true;
      case PromptStatus.Ended ended -> {
        boolean interrupted = ended.end().how() == PromptEnd.How.INTERRUPTED;
        if (interrupted) {
          patiently(() -> {
            comfy.forget(promptId);
            return promptId;
          });
        }
        yield !interrupted;
      }
    };
  }

  /** Submits the graph; after a lost answer or a crash only if ComfyUI does not have it. */
  void submit(Workflow graph, Map<String, String> about) {
    Instant until = Instant.now().plus(properties.patience());
    for (int crashes = 0; ; ) {
      try {
        socket.submitted();
        submitted = true;
        check(comfy.submit(promptId, graph, about));
        return;
      } catch (ComfyException.Refused e) {
        throw AttemptEnd.of(ErrorClassification.refused(e));
      } catch (ComfyException.Crashed | ComfyException.BadAnswer e) {
        crashes++;
        if (isThere()) {
          return;
        }
        if (crashes == 2) {
          throw AttemptEnd.of(
              JobError.permanent(
                  ErrorCode.BAD_WORKFLOW,
                  "ComfyUI fails on the graph itself: " + e.getMessage() + ", twice"));
        }
      } catch (ComfyException.Unreachable e) {
        // The answer may be lost and the prompt there all the same.
        if (isThere()) {
          return;
        }
        if (Instant.now().isAfter(until)) {
          throw AttemptEnd.unreachable(e);
        }
      }
    }
  }

  private void check(Map<String, @Nullable Object> nodeErrors) {
    if (!nodeErrors.isEmpty()) {
      try {
        comfy.cancel(promptId);
      } catch (ComfyException e) {
        // It may run for nothing; how the attempt ended is known already.
      }
      throw AttemptEnd.of(
          ErrorClassification.refused(
              "", "it would have run without the outputs that these errors spoil", nodeErrors));
    }
  }

  /**
   * Waits for the end. The job's time limit runs from when the prompt is seen running; while it
   * waits behind others in ComfyUI's queue, the queue has to move.
   *
   * @throws AttemptEnd when the attempt is stopped, its time is over, ComfyUI forgot the prompt, or
   *     nothing moves any more
   */
  PromptEnd await() {
    Instant deadline = Instant.MAX;
    PromptStatus last = new PromptStatus.Absent();
    int queueLength = 0;
    Duration wait = properties.firstPoll();
    int quickLooks = 0;
    int absences = 0;
    attempt.sign();
    while (true) {
      Instant asked = Instant.now();
      PromptStatus status = patiently(() -> comfy.look(promptId));
      if (status instanceof PromptStatus.Ended ended) {
        return ended.end();
      }
      absences = status instanceof PromptStatus.Absent ? absences + 1 : 0;
      if (absences >= 2) {
        throw gone();
      }
      if (!status.equals(last)) {
        attempt.sign();
        last = status;
      }
      if (status instanceof PromptStatus.Pending) {
        int length = patiently(comfy::queueLength);
        if (length != queueLength) {
          attempt.sign();
          queueLength = length;
        }
      } else if (status instanceof PromptStatus.Running && deadline.equals(Instant.MAX)) {
        deadline = Instant.now().plus(job.timeout());
      }
      if (attempt.stopReason() != null) {
        interrupt();
        throw AttemptEnd.of(attempt.stopError());
      }
      Instant now = Instant.now();
      if (!now.isBefore(deadline)) {
        throw deadlineExceeded();
      }
      if (silenceTells() && attempt.lastSign().plus(health.stall()).isBefore(now)) {
        throw stalled(status);
      }
      boolean quick = quickLooks > 0 || absences > 0;
      Duration limit = quick ? AFTER_HINT.multipliedBy(absences > 0 ? 8 : 1) : wait;
      attempt.await(limit.compareTo(left(deadline, now)) < 0 ? limit : left(deadline, now));
      boolean hinted = Duration.between(asked, Instant.now()).compareTo(limit) < 0;
      quickLooks = hinted ? LOOKS_AFTER_HINT : Math.max(0, quickLooks - 1);
      if (!quick && !hinted) {
        wait = longer(wait);
      }
    }
  }

  /**
   * Whether silence means that nothing moves: this process hears of the prompt. Of one that an
   * earlier process submitted ComfyUI may tell nothing to this one.
   */
  private boolean silenceTells() {
    return socket.isHearing() && (submitted || attempt.isAlive());
  }

  private static Duration left(Instant deadline, Instant now) {
    return deadline.equals(Instant.MAX)
        ? Duration.ofDays(1)
        : Duration.between(now, deadline).plusMillis(1);
  }

  /** After a result is safe. A history that cannot be tidied is no reason to fail. */
  void forget() {
    try {
      comfy.forget(promptId);
    } catch (ComfyException e) {
      // ComfyUI keeps 10,000 entries and drops the oldest itself.
    }
  }

  private AttemptEnd gone() {
    if (attempt.promptEnded()) {
      // Given back, it would be rendered for nothing again and again.
      return AttemptEnd.retryable(
          ErrorCode.OUTPUT_NOT_RETRIEVABLE,
          "ComfyUI ended the prompt " + promptId + " but does not have it in its history");
    }
    return AttemptEnd.retryable(
        ErrorCode.COMFYUI_RESTARTED, "ComfyUI does not know the prompt " + promptId + " any more");
  }

  private AttemptEnd deadlineExceeded() {
    boolean wasAlive = attempt.isAlive();
    String limit = "its timeout of " + job.timeout().toSeconds() + " s";
    if (interrupt()) {
      return AttemptEnd.retryable(
          ErrorCode.DEADLINE_EXCEEDED,
          "The attempt ran longer than " + limit + " and was interrupted");
    }
    return wasAlive
        ? AttemptEnd.retryable(
            ErrorCode.DEADLINE_EXCEEDED,
            "The attempt ran longer than " + limit + " and has not obeyed the interrupt yet")
        : AttemptEnd.retryable(
            ErrorCode.COMFYUI_HUNG,
            "ComfyUI showed no work on the prompt within " + limit + " and obeys no interrupt");
  }

  private AttemptEnd stalled(PromptStatus status) {
    String silence = "for " + health.stall().toSeconds() + " s";
    boolean obeyed = interrupt();
    if (status instanceof PromptStatus.Pending) {
      return AttemptEnd.retryable(
          ErrorCode.COMFYUI_HUNG, "ComfyUI's queue has not moved " + silence);
    }
    return obeyed
        ? AttemptEnd.retryable(
            ErrorCode.STALLED,
            "The prompt showed no sign of life " + silence + " and was interrupted")
        : AttemptEnd.retryable(
            ErrorCode.COMFYUI_HUNG,
            "The prompt showed no sign of life " + silence + " and obeys no interrupt");
  }

  /**
   * Interrupts this prompt and no other, and drops the entry that this leaves, which would look
   * like somebody else's interrupt.
   *
   * @return false when ComfyUI answers but has not ended the prompt in time
   */
  private boolean interrupt() {
    try {
      comfy.cancel(promptId);
      Instant until = Instant.now().plus(health.interruptPatience());
      while (Instant.now().isBefore(until)) {
        switch (comfy.look(promptId)) {
          case PromptStatus.Absent absent -> {
            return true;
          }
          case PromptStatus.Ended ended -> {
            comfy.forget(promptId);
            return true;
          }
          case PromptStatus.Pending pending -> attempt.await(AFTER_HINT.multipliedBy(4));
          case PromptStatus.Running running -> attempt.await(AFTER_HINT.multipliedBy(4));
        }
      }
      attempt.disobeyed();
      return false;
    } catch (ComfyException e) {
      // A ComfyUI that does not answer has nothing to interrupt, or does not listen.
      return true;
    }
  }

  /** Asks again until an answer comes or the patience is over. */
  private <T> T patiently(Supplier<T> call) {
    Instant until = Instant.now().plus(properties.patience());
    while (true) {
      try {
        return call.get();
      } catch (ComfyException e) {
        if (attempt.stopReason() == RunningAttempt.Stop.DRAIN || Instant.now().isAfter(until)) {
          throw AttemptEnd.unreachable(e);
        }
        attempt.await(Duration.ofMillis(250));
      }
    }
  }

  private Duration longer(Duration wait) {
    Duration next = wait.multipliedBy(3).dividedBy(2);
    return next.compareTo(properties.longestPoll()) < 0 ? next : properties.longestPoll();
  }
}
