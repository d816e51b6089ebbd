package io.comfyfleet.node;

import io.comfyfleet.job.InvalidMessageException;
import java.time.Instant;
import java.util.UUID;

/**
 * A job in a node's hands.
 *
 * @param jobId the job
 * @param runId its run
 * @param attempt number of the attempt
 * @param phase what is being done
 * @param progress share of the graph that is done, 0 to 1
 * @param startedAt when the worker took it
 */
public record RunningJob(
    UUID jobId, String runId, int attempt, Phase phase, double progress, Instant startedAt) {

  /**
   * Checks what it is about.
   *
   * @throws InvalidMessageException when job, run or phase are missing
   */
  public RunningJob {
    Told.present("jobs[].job_id", jobId);
    Told.present("jobs[].run_id", runId);
    Told.present("jobs[].phase", phase);
  }

  /** The steps of one attempt, in order. On the wire the name in lower case. */
  public enum Phase {
    /** Fetching inputs and submitting. */
    PREPARE,
    /** In ComfyUI's queue or running. */
    RUN,
    /** Moving outputs to the store. */
    STORE
  }
}
