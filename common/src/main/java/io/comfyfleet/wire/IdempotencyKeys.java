package io.comfyfleet.wire;

import io.comfyfleet.job.Result;

/** What stands under {@link MessageHeaders#IDEMPOTENCY_KEY} where several programs write it. */
public final class IdempotencyKeys {
  private IdempotencyKeys() {}

  /**
   * The key of a job's answer: {@code result:<job id>}, with {@code :replay-<n>} for a replay. The
   * same whoever ends the job and however it ended, since worker and producer may both answer for
   * one job, and the sender wants one answer.
   */
  public static String of(Result result) {
    String key = "result:" + result.jobId();
    return result.replay() == null ? key : key + ":replay-" + result.replay();
  }
}
