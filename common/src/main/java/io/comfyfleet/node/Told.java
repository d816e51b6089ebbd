package io.comfyfleet.node;

import io.comfyfleet.job.InvalidMessageException;
import org.jspecify.annotations.Nullable;

/** The check that events share: what makes no sense without a part is refused, not guessed at. */
final class Told {
  private Told() {}

  static void present(String field, @Nullable Object value) {
    if (value == null) {
      throw new InvalidMessageException(field, "is missing");
    }
  }
}
