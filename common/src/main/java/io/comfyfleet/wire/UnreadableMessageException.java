package io.comfyfleet.wire;

import org.jspecify.annotations.Nullable;

/** Bytes that are no message of this contract: no JSON, a field out of range, a newer version. */
public final class UnreadableMessageException extends RuntimeException {
  private final @Nullable String field;

  UnreadableMessageException(String message, @Nullable String field, @Nullable Throwable cause) {
    super(message, cause);
    this.field = field;
  }

  /** Path of the offending field; null when the whole is unreadable. */
  public @Nullable String field() {
    return field;
  }
}
