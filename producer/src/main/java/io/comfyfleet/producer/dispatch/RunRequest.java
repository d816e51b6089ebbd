package io.comfyfleet.producer.dispatch;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Many jobs that are answered together.
 *
 * @param runId chosen by the caller, so that a repeat is the same run; null for any
 * @param jobs in the order of the answers, at least one
 * @param need how many must succeed; null for all
 * @param deadline after which it is given up; null for never
 * @param callbackUrl where its end is POSTed; null for nowhere
 * @param metadata the caller's own
 */
record RunRequest(
    @Nullable String runId,
    List<JobRequest> jobs,
    @Nullable Integer need,
    @Nullable Duration deadline,
    @Nullable URI callbackUrl,
    Map<String, @Nullable Object> metadata) {}
