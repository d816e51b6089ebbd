package io.comfyfleet.producer.deadletter;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Counts the letters of one reason. */
final class Grouping {
  private final String reason;
  private int count;
  private @Nullable Instant oldest;
  private @Nullable Instant newest;
  private @Nullable String message;

  Grouping(String reason) {
    this.reason = reason;
  }

  void add(LetterSummary letter) {
    count++;
    Instant at = letter.diedAt();
    if (at != null && (oldest == null || at.isBefore(oldest))) {
      oldest = at;
    }
    boolean later = newest == null || at != null && at.isAfter(newest);
    if (at != null && later) {
      newest = at;
    }
    if (message == null || later && letter.message() != null) {
      message = letter.message();
    }
  }

  LetterGroups.Group group() {
    return new LetterGroups.Group(reason, count, oldest, newest, message);
  }
}
