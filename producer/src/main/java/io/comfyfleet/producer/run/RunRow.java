package io.comfyfleet.producer.run;

import io.comfyfleet.job.RunStatus;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run as the database has it.
 *
 * @param runId its id
 * @param status where it stands
 * @param size number of jobs it will have; null when no sender told
 * @param need successes that complete it; null for all
 * @param fingerprint of the request that made the whole run; null when its jobs come one by one
 * @param callbackUrl where its end is POSTed; null for nowhere
 * @param metadata the sender's own
 * @param createdAt when its first job was accepted
 * @param deadlineAt when it is given up; null for never
 * @param completedAt when it ended; null while it is open
 */
public record RunRow(
    String runId,
    RunStatus status,
    @Nullable Integer size,
    @Nullable Integer need,
    @Nullable String fingerprint,
    @Nullable URI callbackUrl,
    Map<String, @Nullable Object> metadata,
    Instant createdAt,
    @Nullable Instant deadlineAt,
    @Nullable Instant completedAt) {}
