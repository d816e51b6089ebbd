package io.comfyfleet.launch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the producer says about a run.
 *
 * @param runId its id
 * @param status {@code open} until every job has ended
 * @param results one entry per job, in order; empty until there are any
 */
public record RunAnswer(String runId, String status, List<JobResult> results) {

  /** Copies the list; an absent one is empty. */
  public RunAnswer(String runId, String status, @Nullable List<JobResult> results) {
    this.runId = runId;
    this.status = status;
    this.results = results == null ? List.of() : List.copyOf(results);
  }

  /** Whether it has not ended. */
  public boolean isOpen() {
    return "open".equals(status);
  }

  /** How many of its jobs succeeded. */
  public long succeeded() {
    return results.stream().filter(JobResult::isSucceeded).count();
  }

  /** Sum of the jobs' own run times in ms: what one node would have needed. */
  public long oneAfterAnotherMs() {
    return results.stream().mapToLong(JobResult::runMs).sum();
  }

  /** One job's outcome. */
  public record JobResult(
      String jobId,
      int index,
      String status,
      @Nullable String nodeId,
      @Nullable List<Output> outputs,
      @Nullable Timings timings,
      @Nullable Failure error) {

    /** Whether it made what it was asked for. */
    public boolean isSucceeded() {
      return "succeeded".equals(status);
    }

    /** Its files; empty when there are none. */
    public List<Output> files() {
      return outputs == null ? List.of() : outputs;
    }

    /** Time it waited, in ms; 0 when not told. */
    public long queuedMs() {
      return timings == null || timings.queuedMs() == null ? 0 : timings.queuedMs();
    }

    /** Time ComfyUI needed, in ms; 0 when not told. */
    public long runMs() {
      return timings == null || timings.runMs() == null ? 0 : timings.runMs();
    }
  }

  /** One file of a job. */
  public record Output(
      String filename, @Nullable Long sizeBytes, @Nullable String sha256, @Nullable String url) {}

  /** Times in ms. */
  public record Timings(@Nullable Long queuedMs, @Nullable Long runMs) {}

  /** Why a job failed. */
  public record Failure(@Nullable String code, @Nullable String message) {}
}
