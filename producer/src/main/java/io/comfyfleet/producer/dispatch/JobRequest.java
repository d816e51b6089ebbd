package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as a caller asks for it, over HTTP and on the intake queue alike. Everything but the type
 * and one of prompt, template or workflow may be absent (null or empty).
 *
 * @param type what it makes
 * @param prompt what is to be seen
 * @param template name of a template; the type's own when absent
 * @param params the template's parameters
 * @param workflow a whole graph instead of a template
 * @param priority 1 to 10, 10 first; 5 when absent
 * @param lane the lane; the type's own when absent
 * @param jobId chosen by the caller, so that a repeat is the same job
 * @param runId the run it belongs to; one of its own when absent
 * @param runSize how many jobs the run will have
 * @param index its position in the run; behind the last when absent
 * @param inputs files that it needs
 * @param dependsOn keys of jobs of the run that must succeed first
 * @param key name that other jobs of the run know it by
 * @param timeout limit of one attempt's run time
 * @param expiresIn how long it may wait
 * @param maxAttempts after how many failed attempts it is given up
 * @param callbackUrl where its result is POSTed
 * @param metadata the caller's own
 */
record JobRequest(
    JobType type,
    @Nullable String prompt,
    @Nullable String template,
    Map<String, @Nullable Object> params,
    @Nullable Workflow workflow,
    @Nullable Integer priority,
    @Nullable String lane,
    @Nullable UUID jobId,
    @Nullable String runId,
    @Nullable Integer runSize,
    @Nullable Integer index,
    List<InputRequest> inputs,
    List<String> dependsOn,
    @Nullable String key,
    @Nullable Duration timeout,
    @Nullable Duration expiresIn,
    @Nullable Integer maxAttempts,
    @Nullable URI callbackUrl,
    Map<String, @Nullable Object> metadata) {

  /**
   * A file that the job needs, from exactly one source.
   *
   * @param name placeholder name
   * @param url address
   * @param artifact id in the output store
   * @param job key of another job of the run, whose first file it will be
   */
  record InputRequest(
      String name, @Nullable URI url, @Nullable UUID artifact, @Nullable String job) {}
}
