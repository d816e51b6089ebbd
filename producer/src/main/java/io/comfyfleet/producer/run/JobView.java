package io.comfyfleet.producer.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.comfyfleet.job.Result;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as callers see it.
 *
 * @param jobId its id
 * @param runId its run
 * @param index its position there
 * @param key the name that other jobs of the run know it by; absent for none
 * @param type wire name of its type
 * @param lane its lane
 * @param priority 1 to 10
 * @param node the node that has it or ended it; null until one has taken it
 * @param status where it stands
 * @param progress share of the graph that is done, 0 to 1; absent unless it is running
 * @param note what the caller should know; absent for nothing
 * @param createdAt when it was accepted
 * @param endedAt when its result came; absent before
 * @param result its result; absent before, and in lists
 */
public record JobView(
    UUID jobId,
    String runId,
    int index,
    @Nullable String key,
    String type,
    String lane,
    int priority,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable String node,
    JobState status,
    @Nullable Double progress,
    @Nullable String note,
    Instant createdAt,
    @Nullable Instant endedAt,
    @Nullable Result result) {}
