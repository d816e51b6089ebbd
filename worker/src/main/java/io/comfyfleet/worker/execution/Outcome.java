package io.comfyfleet.worker.execution;

import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
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
   * The attempt failed and counts.
   *
   * @param error why, and whether another attempt could succeed
   * @param timings where its time went
   */
  record Failed(JobError error, Timings timings) implements Outcome {}

  /**
   * Somebody who may wants the job no more: the sender cancelled it, or its time ran out before it
   * began.
   *
   * @param status cancelled or expired
   * @param error the same in words
   * @param timings where its time went
   */
  record Withdrawn(ResultStatus status, JobError error, Timings timings) implements Outcome {}

  /**
   * Cut short by no fault of the job: it is given back and the attempt does not count.
   *
   * @param error why
   */
  record Interrupted(JobError error) implements Outcome {}
}
