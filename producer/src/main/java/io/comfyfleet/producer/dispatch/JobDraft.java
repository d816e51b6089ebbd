package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.Input;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Workflow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request that has been checked as far as it can be without knowing its run: rendered, its
 * addresses allowed, its lane there.
 *
 * @param request what was asked for
 * @param fingerprint of the request
 * @param lane its lane
 * @param template name of the template the graph was made from; null for a sent graph
 * @param params the template's parameters after defaults
 * @param workflow the graph
 * @param inputs its files; those of other jobs have a stand-in
 * @param needs keys of the jobs that it waits for
 * @param limits those of its type, for what the request leaves open
 */
record JobDraft(
    JobRequest request,
    String fingerprint,
    String lane,
    @Nullable String template,
    Map<String, @Nullable Object> params,
    Workflow workflow,
    List<Input> inputs,
    Set<String> needs,
    JobSettings.Limits limits) {

  /** The job at its place. Checks all that the contract demands of it. */
  Job at(
      UUID jobId,
      String runId,
      @Nullable Integer runSize,
      int index,
      Instant now,
      @Nullable Instant deadline) {
    return new Job(
        jobId,
        runId,
        runSize,
        index,
        request.type(),
        lane,
        request.priority() == null ? Job.DEFAULT_PRIORITY : request.priority(),
        request.prompt(),
        template,
        params,
        workflow,
        inputs,
        request.timeout() == null ? limits.timeout() : request.timeout(),
        expiry(now, deadline),
        1,
        request.maxAttempts() == null ? limits.maxAttempts() : request.maxAttempts(),
        List.of(),
        null,
        now,
        request.callbackUrl(),
        request.metadata());
  }

  /** A job must not begin when its run is over. */
  private @Nullable Instant expiry(Instant now, @Nullable Instant deadline) {
    Duration wait = request.expiresIn() == null ? limits.expiresIn() : request.expiresIn();
    Instant own = wait == null ? null : now.plus(wait);
    if (own == null || deadline == null) {
      return own == null ? deadline : own;
    }
    return own.isBefore(deadline) ? own : deadline;
  }
}
