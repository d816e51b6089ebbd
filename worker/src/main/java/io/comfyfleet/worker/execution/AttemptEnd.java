package io.comfyfleet.worker.execution;

import io.comfyfleet.job.JobError;
import io.comfyfleet.worker.comfy.ComfyException;
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

  /** A call to ComfyUI went wrong for too long. */
  static AttemptEnd failedCall(ComfyException problem) {
    return new AttemptEnd(ErrorClassification.failedCall(problem), problem);
  }

  JobError error() {
    return error;
  }
}
