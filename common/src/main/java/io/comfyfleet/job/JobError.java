package io.comfyfleet.job;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why an attempt, or in the end a job, did not succeed.
 *
 * @param code the class of error
 * @param message what was being done, to what, what happened, what to do; at most 2,000 characters,
 *     longer ones are cut
 * @param retryable whether another attempt could succeed
 * @param nodeErrors ComfyUI's {@code node_errors} as it sent them, shortened; null when it sent
 *     none
 * @param exception type of the exception inside ComfyUI, such as {@code torch.OutOfMemoryError}, at
 *     most 200 characters; null when there was none
 */
public record JobError(
    ErrorCode code,
    String message,
    boolean retryable,
    @Nullable Map<String, @Nullable Object> nodeErrors,
    @Nullable String exception) {

  private static final int MESSAGE_LENGTH = 2_000;
  private static final int EXCEPTION_LENGTH = 200;

  /** Cuts what is long. */
  public JobError {
    Require.present("error.code", code);
    Require.present("error.message", message);
    if (message.length() > MESSAGE_LENGTH) {
      message = Words.first(MESSAGE_LENGTH - 1, message) + "…";
    }
    exception = exception == null ? null : Words.first(EXCEPTION_LENGTH, exception);
    nodeErrors = nodeErrors == null ? null : Require.copy(nodeErrors);
  }

  /** The same without ComfyUI's {@code node_errors}, for the history of a job. */
  public JobError brief() {
    return new JobError(code, message, retryable, null, exception);
  }

  /** What becomes of the job. */
  public Destiny destiny() {
    return retryable || code.destiny() == Destiny.WITHDRAWN ? code.destiny() : Destiny.DEAD;
  }

  /** An error that another attempt could cure. */
  public static JobError retryable(ErrorCode code, String message) {
    return new JobError(code, message, true, null, null);
  }

  /** An error that no attempt can cure. */
  public static JobError permanent(ErrorCode code, String message) {
    return new JobError(code, message, false, null, null);
  }
}
