package io.comfyfleet.producer.deadletter;

import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A dead letter in a list.
 *
 * @param id the same on each look
 * @param jobId its job; null when neither body nor message id tell
 * @param runId its run; null when the body does not tell
 * @param index the job's position in the run; null when the body does not tell
 * @param type what it should have made; null when the body does not tell
 * @param lane the lane it waited in; null when nothing tells
 * @param reason an error code, or the broker's reason for a letter that the broker put there;
 *     {@code unknown} for one from another hand
 * @param message the reason in words; null for a letter that the broker put there
 * @param node the last node that had it; null when none is noted
 * @param attempts how many attempts were made, as far as the letter tells
 * @param diedAt when it died; null when nothing tells
 * @param sizeBytes length of its body
 */
public record LetterSummary(
    String id,
    @Nullable UUID jobId,
    @Nullable String runId,
    @Nullable Integer index,
    @Nullable String type,
    @Nullable String lane,
    String reason,
    @Nullable String message,
    @Nullable String node,
    int attempts,
    @Nullable Instant diedAt,
    int sizeBytes) {

  static LetterSummary of(Letter letter, JsonMapper mapper) {
    Envelope body = Envelope.of(letter.body(), mapper);
    String node = letter.header(MessageHeaders.NODE);
    return new LetterSummary(
        letter.id(),
        body.jobId() == null ? letter.messageId() : body.jobId(),
        body.runId(),
        body.index(),
        body.type(),
        body.lane() == null ? lane(letter.origin()) : body.lane(),
        letter.reason(),
        letter.header(MessageHeaders.ERROR),
        node == null ? body.node() : node,
        // The attempt that made it a letter is not in its history.
        body.attempts() + (node == null ? 0 : 1),
        letter.diedAt(),
        letter.body().length);
  }

  private static @Nullable String lane(@Nullable String queue) {
    String prefix = Topology.laneQueue("");
    return queue != null && queue.startsWith(prefix) ? queue.substring(prefix.length()) : null;
  }
}
