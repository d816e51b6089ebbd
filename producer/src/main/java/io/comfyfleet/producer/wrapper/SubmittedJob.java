package io.comfyfleet.producer.wrapper;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.producer.run.JobState;
import io.comfyfleet.producer.run.JobView;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a submitted job stands.
 *
 * @param jobId the job
 * @param status where it stands
 * @param done whether it has ended, however
 * @param progress share of the graph that is done, 0 to 1; 1 when it has succeeded, null when it is
 *     not known
 * @param node who has it or ended it; null until a machine took it
 * @param url the first file; absent before it has succeeded
 * @param urls all files; empty before it has succeeded
 * @param error why it did not succeed; absent otherwise
 * @param note what the caller should know, such as that nobody serves its lane; absent for nothing
 * @param statusUrl where to ask again
 * @param resultUrl where its result will be
 */
record SubmittedJob(
    UUID jobId,
    JobState status,
    boolean done,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Double progress,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable String node,
    @Nullable URI url,
    List<URI> urls,
    @Nullable JobError error,
    @Nullable String note,
    URI statusUrl,
    URI resultUrl) {

  static SubmittedJob of(JobView job, URI statusUrl, URI resultUrl) {
    Result result = job.result();
    List<URI> urls = result == null ? List.of() : FinishedJob.urls(result);
    return new SubmittedJob(
        job.jobId(),
        job.status(),
        !job.status().pending(),
        job.status() == JobState.SUCCEEDED ? Double.valueOf(1) : job.progress(),
        job.node(),
        urls.isEmpty() ? null : urls.getFirst(),
        urls,
        result == null ? null : result.error(),
        job.note(),
        statusUrl,
        resultUrl);
  }
}
