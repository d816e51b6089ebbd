package io.comfyfleet.producer.run;

import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunCounts;
import io.comfyfleet.job.RunStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run as callers see it.
 *
 * @param runId its id
 * @param status where it stands
 * @param counts how many of its jobs stand where
 * @param need successes that complete it; absent for all
 * @param createdAt when it was accepted
 * @param deadlineAt when it is given up; absent for never
 * @param completedAt when it ended; absent while it is open
 * @param metadata the sender's own
 * @param jobs its jobs in order, without their results
 * @param results the results that have come, in order
 */
public record RunView(
    String runId,
    RunStatus status,
    RunCounts counts,
    @Nullable Integer need,
    Instant createdAt,
    @Nullable Instant deadlineAt,
    @Nullable Instant completedAt,
    Map<String, @Nullable Object> metadata,
    List<JobView> jobs,
    List<Result> results) {}
