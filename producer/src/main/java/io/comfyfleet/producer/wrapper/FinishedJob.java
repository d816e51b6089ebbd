package io.comfyfleet.producer.wrapper;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.Timings;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.producer.run.JobState;
import io.comfyfleet.producer.run.JobView;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * The answer to a request that waited for its job.
 *
 * @param jobId the job
 * @param status always succeeded; anything else is a problem
 * @param url the first file; null when the job made none
 * @param urls all files in the order of the graph's nodes
 * @param outputs files and texts with all that is known of them
 * @param node who made it
 * @param timings where its time went
 * @param metadata the caller's own
 */
record FinishedJob(
    UUID jobId,
    JobState status,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable URI url,
    List<URI> urls,
    List<Output> outputs,
    @Nullable String node,
    Timings timings,
    Map<String, @Nullable Object> metadata) {
  /** When a caller whose job has not ended should ask again. */
  static final Duration ASK_AGAIN = Duration.ofSeconds(2);

  /**
   * @param job with its result
   * @param statusUrl where to ask for it later
   * @throws ProblemException unless it has succeeded
   */
  static FinishedJob of(JobView job, URI statusUrl) {
    Result result = job.result();
    if (job.status() != JobState.SUCCEEDED || result == null) {
      throw problem(job, result).with("job_id", job.jobId()).with("status_url", statusUrl);
    }
    List<URI> urls = urls(result);
    return new FinishedJob(
        job.jobId(),
        job.status(),
        urls.isEmpty() ? null : urls.getFirst(),
        urls,
        result.outputs(),
        job.node(),
        result.timings(),
        result.metadata());
  }

  /** The files of a result, in the order of the graph's nodes. */
  static List<URI> urls(Result result) {
    return result.outputs().stream().map(Output::url).filter(Objects::nonNull).toList();
  }

  private static ProblemException problem(JobView job, @Nullable Result result) {
    JobError error = result == null ? null : result.error();
    String words = error == null ? "" : ": " + error.message();
    return switch (job.status()) {
      case CANCELLED ->
          new ProblemException(
              HttpStatus.CONFLICT, "job-cancelled", "The job was cancelled" + words);
      case EXPIRED ->
          new ProblemException(
              HttpStatus.GATEWAY_TIMEOUT, "job-expired", "No machine was free in time" + words);
      case FAILED ->
          new ProblemException(
                  error != null && !error.retryable()
                      ? HttpStatus.UNPROCESSABLE_CONTENT
                      : HttpStatus.INTERNAL_SERVER_ERROR,
                  "job-failed",
                  "The job was given up" + words)
              .with("node", job.node())
              .with("error", error);
      default -> stillRunning().with("status", job.status()).with("progress", job.progress());
    };
  }

  /** The answer to a caller that has waited long enough. */
  static ProblemException stillRunning() {
    return new ProblemException(
            HttpStatus.GATEWAY_TIMEOUT,
            "still-running",
            "The job has not ended yet and goes on; ask at status_url, or repeat the request"
                + " with the same Idempotency-Key to wait for it again")
        .retryAfter(ASK_AGAIN);
  }
}
