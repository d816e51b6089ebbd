package io.comfyfleet.worker.execution;

import io.comfyfleet.worker.comfy.ComfyException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * How long ComfyUI may fail to answer during an attempt.
 *
 * @param limit from the first failure of a call on
 * @param attempt a drain ends the patience
 */
record Patience(Duration limit, RunningAttempt attempt) {
  private static final Duration PAUSE = Duration.ofMillis(250);

  /**
   * Asks again until an answer comes.
   *
   * @throws AttemptEnd when none came in time
   */
  <T> T ask(Supplier<T> call) {
    Instant until = Instant.MAX;
    while (true) {
      try {
        return call.get();
      } catch (ComfyException.TooLarge e) {
        throw AttemptEnd.failedCall(e);
      } catch (ComfyException e) {
        until = until.equals(Instant.MAX) ? Instant.now().plus(limit) : until;
        if (attempt.stopReason() == RunningAttempt.Stop.DRAIN || Instant.now().isAfter(until)) {
          throw AttemptEnd.failedCall(e);
        }
        attempt.await(PAUSE);
      }
    }
  }
}
