package io.comfyfleet.node;

import io.comfyfleet.job.InvalidMessageException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far a job is. Throttled by the worker; the first and the last of a phase always come.
 *
 * @param nodeId the node
 * @param jobId the job
 * @param runId its run
 * @param index its position in the run
 * @param attempt number of the attempt
 * @param phase what is being done
 * @param progress share of the graph that is done, 0 to 1
 * @param graphNode id of the graph's node that runs; null outside the run
 * @param redelivered whether somebody may have begun the job before: the broker had handed out its
 *     message, or an attempt has ended
 * @param sentAt the worker's clock
 */
public record JobProgress(
    String nodeId,
    UUID jobId,
    String runId,
    int index,
    int attempt,
    RunningJob.Phase phase,
    double progress,
    @Nullable String graphNode,
    boolean redelivered,
    Instant sentAt)
    implements FleetEvent {
  /**
   * Checks what the event is about.
   *
   * @throws InvalidMessageException when node, job, run or phase are missing
   */
  public JobProgress {
    Told.present("node_id", nodeId);
    Told.present("job_id", jobId);
    Told.present("run_id", runId);
    Told.present("phase", phase);
  }
}
