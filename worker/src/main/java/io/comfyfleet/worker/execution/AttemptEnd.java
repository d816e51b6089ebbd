package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import org.jspecify.annotations.Nullable;

/** Carries an attempt that ended without a finished prompt out of the depth to the handler. */
final class AttemptEnd extends RuntimeException {
  private final JobError error;
  private final boolean counted;

  private AttemptEnd(JobError error, boolean counted, @Nullable Throwable cause) {
    super(error.message(), cause);
    this.error = error;
    this.counted = counted;
  }

  /** The attempt failed and counts. */
  static AttemptEnd failed(JobError error) {
    return new AttemptEnd(error, true, null);
  }

  /** No fault of the job: it is given back. */
  static AttemptEnd interrupted(ErrorCode code, String message) {
    return new AttemptEnd(JobError.retryable(code, message), false, null);
  }

  /** ComfyUI did not answer for too long: given back. */
  static AttemptEnd unreachable(Throwable cause) {
    return new AttemptEnd(
        JobError.retryable(ErrorCode.COMFYUI_UNREACHABLE, String.valueOf(cause.getMessage())),
        false,
        cause);
  }

  JobError error() {
    return error;
  }

  boolean counted() {
    return counted;
  }
}
