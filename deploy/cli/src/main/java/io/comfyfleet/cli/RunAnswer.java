package io.comfyfleet.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the producer says about a run.
 *
 * @param runId its id
 * @param status {@code open} until every job has ended
 * @param results one entry per job, in order; empty until there are any
 */
record RunAnswer(String runId, String status, List<JobResult> results) {

  RunAnswer(String runId, String status, @Nullable List<JobResult> results) {
    this.runId = runId;
    this.status = status;
    this.results = results == null ? List.of() : List.copyOf(results);
  }

  boolean isOpen() {
    return "open".equals(status);
  }

  long succeeded() {
    return results.stream().filter(JobResult::isSucceeded).count();
  }

  /** Sum of the jobs' own run times in ms: what one node would have needed. */
  long oneAfterAnotherMs() {
    return results.stream().mapToLong(JobResult::runMs).sum();
  }

  /** One job's outcome. */
  record JobResult(
      String jobId,
      int index,
      String status,
      @Nullable String nodeId,
      @Nullable List<Output> outputs,
      @Nullable Timings timings,
      @Nullable Failure error) {

    boolean isSucceeded() {
      return "succeeded".equals(status);
    }

    List<Output> files() {
      return outputs == null ? List.of() : outputs;
    }

    long queuedMs() {
      return timings == null || timings.queuedMs() == null ? 0 : timings.queuedMs();
    }

    long runMs() {
      return timings == null || timings.runMs() == null ? 0 : timings.runMs();
    }
  }

  /** One file of a job. */
  record Output(
      String filename, @Nullable Long sizeBytes, @Nullable String sha256, @Nullable String url) {}

  /** Times in ms. */
  record Timings(@Nullable Long queuedMs, @Nullable Long runMs) {}

  /** Why a job failed. */
  record Failure(@Nullable String code, @Nullable String message) {}
}
