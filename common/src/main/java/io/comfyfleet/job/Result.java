package io.comfyfleet.job;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How one job ended. The first terminal result of a job wins; repeats are counted and dropped.
 *
 * @param jobId the job
 * @param runId its run
 * @param index its position in the run
 * @param type what it makes
 * @param status how it ended
 * @param nodeId the node that ended it; null when no node did
 * @param attempt number of the attempt that ended it
 * @param outputs what it made, in the order of the graph's nodes; empty unless succeeded
 * @param cached whether ComfyUI ran no node because it had all of them cached
 * @param timings where its time went
 * @param error why it did not succeed; null exactly when it did
 * @param attempts the earlier attempts, oldest first
 * @param replay which replay of the job it ends, as {@link Job#replay}; null for the job as it was
 *     first sent
 * @param endedAt when it ended
 * @param metadata the sender's own, untouched
 */
public record Result(
    UUID jobId,
    String runId,
    int index,
    JobType type,
    ResultStatus status,
    @Nullable String nodeId,
    int attempt,
    List<Output> outputs,
    boolean cached,
    Timings timings,
    @Nullable JobError error,
    List<Attempt> attempts,
    @Nullable Integer replay,
    Instant endedAt,
    Map<String, @Nullable Object> metadata) {

  /**
   * Checks the parts and copies the collections.
   *
   * @throws InvalidMessageException when a part is missing, or status and error disagree
   */
  public Result {
    Require.present("job_id", jobId);
    Require.name("run_id", runId, Job.RUN_ID_LENGTH);
    Require.within("index", index, 0, Job.MAX_RUN_SIZE - 1);
    Require.present("type", type);
    Require.present("status", status);
    Require.within("attempt", attempt, 1, 1000);
    outputs = outputs == null ? List.of() : List.copyOf(outputs);
    timings = timings == null ? Timings.NONE : timings;
    attempts = attempts == null ? List.of() : List.copyOf(attempts);
    Require.present("ended_at", endedAt);
    metadata = Require.copy(metadata);
    if ((status == ResultStatus.SUCCEEDED) == (error != null)) {
      throw new InvalidMessageException(
          "error", status == ResultStatus.SUCCEEDED ? "must be absent on success" : "is missing");
    }
  }

  /** The result of a job that succeeded. */
  public static Result succeeded(
      Job job,
      String nodeId,
      List<Output> outputs,
      boolean cached,
      Timings timings,
      Instant endedAt) {
    return of(job, ResultStatus.SUCCEEDED, nodeId, outputs, cached, timings, null, endedAt);
  }

  /**
   * The result of a job that did not succeed.
   *
   * @param status anything but succeeded
   * @param nodeId the node that ended it; null when no node did
   */
  public static Result ended(
      Job job,
      ResultStatus status,
      @Nullable String nodeId,
      Timings timings,
      JobError error,
      Instant endedAt) {
    return of(job, status, nodeId, List.of(), false, timings, error, endedAt);
  }

  private static Result of(
      Job job,
      ResultStatus status,
      @Nullable String nodeId,
      List<Output> outputs,
      boolean cached,
      Timings timings,
      @Nullable JobError error,
      Instant endedAt) {
    return new Result(
        job.jobId(),
        job.runId(),
        job.index(),
        job.type(),
        status,
        nodeId,
        job.attempt(),
        outputs,
        cached,
        timings,
        error,
        job.attempts(),
        job.replay(),
        endedAt,
        job.metadata());
  }
}
