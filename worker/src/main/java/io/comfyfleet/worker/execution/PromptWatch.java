package io.comfyfleet.worker.execution;

import io.comfyfleet.job.Job;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.ComfyProperties;
import io.comfyfleet.worker.comfy.ComfySocket;
import io.comfyfleet.worker.comfy.HealthProperties;
import io.comfyfleet.worker.comfy.PromptEnd;
import io.comfyfleet.worker.comfy.PromptStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Watches one submitted prompt until it ends, by itself or by an interrupt. One instance per
 * attempt, used by one thread.
 *
 * <ol>
 *   <li>Looking is the truth; the websocket only says when to look.
 *   <li>It never touches a prompt of anybody else.
 * </ol>
 */
final class PromptWatch {
  private static final Duration AT_DRAIN = Duration.ofSeconds(10);
  private static final Duration AFTER_HINT = Duration.ofMillis(25);
  private static final int LOOKS_AFTER_HINT = 8;

  private final ComfyClient comfy;
  private final ComfySocket socket;
  private final ComfyProperties properties;
  private final HealthProperties health;
  private final RunningAttempt attempt;
  private final boolean submitted;
  private final Patience patience;
  private final Job job;
  private final UUID promptId;
  private final Instant begun = Instant.now();

  /**
   * @param submitted whether this process submitted the prompt
   */
  PromptWatch(
      ComfyClient comfy,
      ComfySocket socket,
      ComfyProperties properties,
      HealthProperties health,
      RunningAttempt attempt,
      boolean submitted) {
    this.comfy = comfy;
    this.socket = socket;
    this.properties = properties;
    this.health = health;
    this.attempt = attempt;
    this.submitted = submitted;
    this.patience = new Patience(properties.patience(), attempt);
    this.job = attempt.job();
    this.promptId = attempt.promptId();
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
      PromptStatus status = patience.ask(() -> comfy.look(promptId));
      if (status instanceof PromptStatus.Ended ended) {
        return ended.end();
      }
      absences = status instanceof PromptStatus.Absent ? absences + 1 : 0;
      if (absences >= 2) {
        throw gone(last);
      }
      if (!status.equals(last)) {
        attempt.sign();
        last = status instanceof PromptStatus.Absent ? last : status;
      }
      if (status instanceof PromptStatus.Pending) {
        int length = patience.ask(comfy::queueLength);
        // Behind a long prompt of this worker's own, the queue stands still for as long as that
        // runs.
        if (length != queueLength || socket.lastWork().isAfter(attempt.lastSign())) {
          attempt.sign();
          queueLength = length;
        }
      } else if (status instanceof PromptStatus.Running && deadline.equals(Instant.MAX)) {
        deadline = Instant.now().plus(job.timeout());
      }
      if (attempt.stopReason() != null) {
        return stopped();
      }
      Instant now = Instant.now();
      if (!now.isBefore(deadline)) {
        throw deadlineExceeded();
      }
      boolean silenceTells = silenceTells(status);
      if (status instanceof PromptStatus.Running && !silenceTells) {
        // Only its own time limit ends it; what waits behind it here must not be taken for stuck.
        socket.worked();
      }
      if (silenceTells && attempt.lastSign().plus(health.stall()).isBefore(now)) {
        throw stalled(status);
      }
      boolean quick = quickLooks > 0 || absences > 0;
      Duration limit = quick ? AFTER_HINT.multipliedBy(absences > 0 ? 8 : 1) : wait;
      Duration left = left(deadline, now);
      attempt.await(limit.compareTo(left) < 0 ? limit : left);
      boolean hinted = Duration.between(asked, Instant.now()).compareTo(limit) < 0;
      quickLooks = hinted ? LOOKS_AFTER_HINT : Math.max(0, quickLooks - 1);
      if (!quick && !hinted) {
        wait = longer(wait);
      }
    }
  }

  /**
   * Whether silence means that nothing moves. The queue is seen by looking; of a running prompt the
   * websocket tells, and of one that an earlier process submitted perhaps not to this one.
   */
  private boolean silenceTells(PromptStatus status) {
    return status instanceof PromptStatus.Pending
        || (socket.isHearingSince(Instant.now().minus(health.stall()))
            && (submitted || attempt.isAlive()));
  }

  private static Duration left(Instant deadline, Instant now) {
    return deadline.equals(Instant.MAX)
        ? Duration.ofDays(1)
        : Duration.between(now, deadline).plusMillis(1);
  }

  private AttemptEnd gone(PromptStatus last) {
    // Only a prompt that has not begun leaves no trace when somebody takes it out of the queue.
    boolean removed = last instanceof PromptStatus.Pending && socket.isHearingSince(begun);
    return AttemptEnd.of(
        removed
            ? ErrorClassification.removed(promptId)
            : ErrorClassification.gone(promptId, attempt.promptEnded()));
  }

  /**
   * Interrupts a prompt that is to end early.
   *
   * @return its end all the same, when it was faster and the job is still wanted
   */
  private PromptEnd stopped() {
    RunningAttempt.Stop reason = attempt.stopReason();
    boolean wanted = reason == RunningAttempt.Stop.DRAIN || reason == RunningAttempt.Stop.DEFER;
    return interrupt()
        .end()
        .filter(end -> wanted && end.how() == PromptEnd.How.SUCCEEDED)
        .orElseThrow(() -> AttemptEnd.of(attempt.stopError()));
  }

  private AttemptEnd deadlineExceeded() {
    boolean alive = attempt.isAlive();
    return AttemptEnd.of(ErrorClassification.late(job.timeout(), alive, interrupt().obeyed()));
  }

  private AttemptEnd stalled(PromptStatus status) {
    boolean waiting = status instanceof PromptStatus.Pending;
    return AttemptEnd.of(ErrorClassification.silent(health.stall(), waiting, interrupt().obeyed()));
  }

  /**
   * What an interrupt led to.
   *
   * @param obeyed false when ComfyUI answers but has not ended the prompt in time
   * @param end how it ended; empty when that is not known
   */
  private record Interrupt(boolean obeyed, Optional<PromptEnd> end) {}

  /**
   * Interrupts this prompt and no other, and drops the entry that this leaves, which would look
   * like somebody else's interrupt.
   */
  private Interrupt interrupt() {
    try {
      comfy.cancel(promptId);
      Instant until = Instant.now().plus(interruptPatience());
      while (Instant.now().isBefore(until)) {
        switch (comfy.look(promptId)) {
          case PromptStatus.Absent absent -> {
            return new Interrupt(true, Optional.empty());
          }
          case PromptStatus.Ended ended -> {
            comfy.forget(promptId);
            return new Interrupt(true, Optional.of(ended.end()));
          }
          case PromptStatus.Pending pending -> attempt.await(AFTER_HINT.multipliedBy(4));
          case PromptStatus.Running running -> attempt.await(AFTER_HINT.multipliedBy(4));
        }
      }
      attempt.disobeyed();
      return new Interrupt(false, Optional.empty());
    } catch (ComfyException e) {
      // A ComfyUI that does not answer has nothing to interrupt, or does not listen.
      return new Interrupt(true, Optional.empty());
    }
  }

  /** A worker that ends has a few seconds left to give its jobs back in good order. */
  private Duration interruptPatience() {
    Duration patience = health.interruptPatience();
    boolean drain = attempt.stopReason() == RunningAttempt.Stop.DRAIN;
    return drain && patience.compareTo(AT_DRAIN) > 0 ? AT_DRAIN : patience;
  }

  private Duration longer(Duration wait) {
    Duration next = wait.multipliedBy(3).dividedBy(2);
    return next.compareTo(properties.longestPoll()) < 0 ? next : properties.longestPoll();
  }
}
