package io.comfyfleet.worker.execution;

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
import org.jspecify.annotations.Nullable;

/**
 * One prompt inside ComfyUI, submitted at most once: it looks before it submits, so that a
 * redelivered job finds its prompt and attaches to it. One instance per attempt, used by one
 * thread.
 */
final class PromptRun {
  private static final Duration BEFORE_REPEAT = Duration.ofSeconds(1);

  private final ComfyClient comfy;
  private final ComfySocket socket;
  private final ComfyProperties properties;
  private final HealthProperties health;
  private final RunningAttempt attempt;
  private final Patience patience;
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
    this.patience = new Patience(properties.patience(), attempt);
    this.promptId = attempt.promptId();
  }

  /**
   * Whether the prompt is in ComfyUI already, queued, running or ended. One that ended because it
   * was interrupted counts as never submitted: that was a worker that gave the job back.
   */
  boolean isThere() {
    return switch (patience.ask(() -> comfy.look(promptId))) {
      case PromptStatus.Absent absent -> false;
      case PromptStatus.Pending pending -> true;
      case PromptStatus.Running running -> true;
      case PromptStatus.Ended ended -> {
        boolean interrupted = ended.end().how() == PromptEnd.How.INTERRUPTED;
        if (interrupted) {
          patience.ask(() -> {
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
    int crashes = 0;
    while (true) {
      try {
        socket.submitted();
        submitted = true;
        check(comfy.submit(promptId, graph, about));
        return;
      } catch (ComfyException.Refused e) {
        throw e.isAboutTheRequest()
            ? AttemptEnd.of(ErrorClassification.refused(e))
            : AttemptEnd.failedCall(e);
      } catch (ComfyException.Crashed e) {
        crashes++;
        if (isThere()) {
          return;
        }
        if (crashes == 2) {
          throw AttemptEnd.of(ErrorClassification.crashedTwice(e));
        }
      } catch (ComfyException.Unreachable | ComfyException.BadAnswer e) {
        // The answer may be lost and the prompt there all the same.
        if (isThere()) {
          return;
        }
        if (Instant.now().isAfter(until)) {
          throw AttemptEnd.failedCall(e);
        }
      }
      attempt.pause(BEFORE_REPEAT);
      attempt.checkStop();
      // It may have been queued after that look, and ComfyUI would run it twice.
      if (isThere()) {
        return;
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
   * Waits for the end.
   *
   * @throws AttemptEnd as {@link PromptWatch#await}
   */
  PromptEnd await() {
    return new PromptWatch(comfy, socket, properties, health, attempt, submitted).await();
  }

  /** After a result is safe. A history that cannot be tidied is no reason to fail. */
  void forget() {
    try {
      comfy.forget(promptId);
    } catch (ComfyException e) {
      // ComfyUI keeps 10,000 entries and drops the oldest itself.
    }
  }
}
