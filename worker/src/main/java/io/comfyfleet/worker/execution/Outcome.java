package io.comfyfleet.worker.execution;

import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.Timings;

/** What became of an attempt. Decides how its delivery is settled. */
public sealed interface Outcome {
  /**
   * The outputs are in the store.
   *
   * @param result what the caller gets
   */
  record Completed(Result result) implements Outcome {}

  /**
   * It ended otherwise; what follows is the error's {@link JobError#destiny() destiny}.
   *
   * @param error why
   * @param timings where its time went
   */
  record Ended(JobError error, Timings timings) implements Outcome {}

  /** Another node has the same job in hand: this message of it is put back to wait. */
  record Deferred() implements Outcome {}

  /** Another node has done the job and published its result: this message of it is dropped. */
  record Superseded() implements Outcome {}
}
