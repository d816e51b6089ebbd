package io.comfyfleet.producer.run;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Until when it is sure that no message waited anywhere: the last time when a queue that is read
 * was seen empty. After a time in which it was not read, some time of reading must pass first. Not
 * thread-safe.
 */
final class Calm {
  /** So long without a look, and nobody knows what was. */
  static final Duration UNSEEN = Duration.ofSeconds(5);

  private final Duration settle;
  private @Nullable Instant readSince;
  private @Nullable Instant looked;
  private @Nullable Instant empty;

  /**
   * @param settle how long it must have been read after a standstill
   */
  Calm(Duration settle) {
    this.settle = settle;
  }

  /** What a look saw. */
  enum Look {
    /** Nothing waits. */
    EMPTY,
    /** Messages wait, as in a busy queue. */
    WAITING,
    /** It is not read, or cannot be seen. */
    UNREAD
  }

  /** Takes in a look. */
  void saw(Look look, Instant now) {
    boolean seen = looked != null && !looked.plus(UNSEEN).isBefore(now);
    if (!seen || look == Look.UNREAD) {
      readSince = null;
    }
    looked = now;
    if (readSince == null && look != Look.UNREAD) {
      readSince = now;
    }
    if (look == Look.EMPTY) {
      empty = now;
    }
  }

  /** When it was last seen empty; null while it has not been read for long enough. */
  @Nullable Instant asOf() {
    boolean settled = readSince != null && empty != null && !readSince.plus(settle).isAfter(empty);
    return settled ? empty : null;
  }
}
