package io.comfyfleet.job;

import java.net.URI;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Word of a new dead letter, for whoever reports failures. A copy: the letter itself stays where it
 * is. Whatever the letter does not tell is null; it may be anything that somebody put there.
 *
 * @param letter its id among the dead letters
 * @param letterUrl where it can be read
 * @param jobId its job
 * @param runId the job's run
 * @param index the job's position in the run
 * @param type what the job should have made
 * @param lane the lane it waited in
 * @param reason an error code, or the broker's reason for a letter that the broker put there
 * @param message the reason in words
 * @param nodeId the last node that had it
 * @param attempts how many attempts were made
 * @param origin the queue it came from
 * @param diedAt when it died
 * @param idempotencyKey the same in every repeat of this event
 */
public record DeadLettered(
    String letter,
    URI letterUrl,
    @Nullable UUID jobId,
    @Nullable String runId,
    @Nullable Integer index,
    @Nullable String type,
    @Nullable String lane,
    String reason,
    @Nullable String message,
    @Nullable String nodeId,
    int attempts,
    @Nullable String origin,
    @Nullable Instant diedAt,
    String idempotencyKey) {

  /** Checks the parts that every event has. */
  public DeadLettered {
    Require.present("letter", letter);
    Require.present("letter_url", letterUrl);
    Require.present("reason", reason);
    Require.present("idempotency_key", idempotencyKey);
  }
}
