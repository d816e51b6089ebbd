package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import org.jspecify.annotations.Nullable;

/** Carries an attempt that ended without a finished prompt out of the depth to the handler. */
final class AttemptEnd extends RuntimeException {
  private final JobError error;

  private AttemptEnd(JobError error, @Nullable Throwable cause) {
    super(error.message(), cause);
    this.error = error;
  }

  static AttemptEnd of(JobError error) {
    return new AttemptEnd(error, null);
  }

  /** Another attempt could succeed. */
  static AttemptEnd retryable(ErrorCode code, String message) {
    return new AttemptEnd(JobError.retryable(code, message), null);
  }

  /** ComfyUI did not answer for too long. */
  static AttemptEnd unreachable(Throwable cause) {
    return new AttemptEnd(
        JobError.retryable(ErrorCode.COMFYUI_UNREACHABLE, String.valueOf(cause.getMessage())),
        cause);
  }

  JobError error() {
    return error;
  }
}
