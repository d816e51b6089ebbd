package io.comfyfleet.producer.run;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as the database has it, without its message and result.
 *
 * @param jobId its id
 * @param runId its run
 * @param index its position there
 * @param key the name that other jobs of the run know it by; null for none
 * @param type wire name of its type
 * @param lane its lane
 * @param priority 1 to 10
 * @param column waiting, open, or how it ended
 * @param unpublished whether its message is still in the outbox
 * @param fingerprint of the request
 * @param nodeId the node that ended it; null when none did
 * @param createdAt when it was accepted
 * @param endedAt when its result came; null before
 */
public record JobRow(
    UUID jobId,
    String runId,
    int index,
    @Nullable String key,
    String type,
    String lane,
    int priority,
    String column,
    boolean unpublished,
    String fingerprint,
    @Nullable String nodeId,
    Instant createdAt,
    @Nullable Instant endedAt) {

  /** Whether no result has come. */
  public boolean pending() {
    return column.equals(JobState.OPEN_COLUMN) || column.equals(JobState.WAITING_COLUMN);
  }
}
