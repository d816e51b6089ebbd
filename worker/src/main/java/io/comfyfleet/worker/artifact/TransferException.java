package io.comfyfleet.worker.artifact;

import org.jspecify.annotations.Nullable;

/** A file did not arrive. */
public abstract sealed class TransferException extends RuntimeException {
  private final boolean retryable;

  private TransferException(String message, boolean retryable, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = retryable;
  }

  /** Whether a later try could succeed. */
  public final boolean retryable() {
    return retryable;
  }

  /** An input file could not be fetched, is too large or is not there. */
  public static final class InputNotFound extends TransferException {
    InputNotFound(String message, boolean retryable, @Nullable Throwable cause) {
      super(message, retryable, cause);
    }
  }

  /** ComfyUI does not have a file that it said it made. */
  public static final class OutputNotRetrievable extends TransferException {
    OutputNotRetrievable(String message, @Nullable Throwable cause) {
      super(message, true, cause);
    }
  }

  /** The output store did not take a file. */
  public static final class StoreUnavailable extends TransferException {
    StoreUnavailable(String message, boolean retryable, @Nullable Throwable cause) {
      super(message, retryable, cause);
    }
  }
}
