package io.comfyfleet.producer.deadletter;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The letters by reason.
 *
 * @param total letters that the filter means
 * @param groups the largest first
 */
public record LetterGroups(int total, List<Group> groups) {
  /**
   * Letters with the same reason.
   *
   * @param reason the reason
   * @param count how many there are
   * @param oldest when the first of them died; null when that is known of none
   * @param newest when the last of them died; null when that is known of none
   * @param message the words of the newest; null when it has none
   */
  public record Group(
      String reason,
      int count,
      @Nullable Instant oldest,
      @Nullable Instant newest,
      @Nullable String message) {}
}
