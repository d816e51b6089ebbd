package io.comfyfleet.producer.run;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Until when it is sure that no message waited anywhere. A queue that is busy is now and then seen
 * empty; one that was not for a while stood still, and needs some time of calm before its emptiness
 * means that nobody has anything to send. Not thread-safe.
 */
final class Calm {
  /** So long without a look that saw nothing waiting, and the queue stands still. */
  static final Duration STANDS = Duration.ofSeconds(5);

  private final Duration settle;
  private @Nullable Instant since;
  private @Nullable Instant last;

  /**
   * @param settle how long it must have been calm after a standstill
   */
  Calm(Duration settle) {
    this.settle = settle;
  }

  /** Takes in a look: whether nothing waited then. */
  void saw(boolean nothing, Instant now) {
    if (last == null || last.plus(STANDS).isBefore(now)) {
      since = null;
    }
    if (nothing) {
      since = since == null ? now : since;
      last = now;
    }
  }

  /** When it was last seen calm; null while it has not been for long enough. */
  @Nullable Instant asOf() {
    return since == null || last == null || since.plus(settle).isAfter(last) ? null : last;
  }
}
