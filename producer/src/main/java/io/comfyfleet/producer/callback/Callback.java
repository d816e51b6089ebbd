package io.comfyfleet.producer.callback;

import java.net.URI;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way.
 *
 * @param id derived from key and address
 * @param url where to, query included
 * @param idempotencyKey the same in every repeat
 * @param status where it stands
 * @param attempts tries so far
 * @param refusals answers so far that a repeat hardly changes
 * @param dueAt of a pending one the next try, of an ended one its end
 * @param lastStatus HTTP status of the last answer; null when there was none
 * @param reason why the last try failed; null when it did not
 * @param createdAt when it was handed in
 */
record Callback(
    UUID id,
    URI url,
    String idempotencyKey,
    Status status,
    int attempts,
    int refusals,
    Instant dueAt,
    @Nullable Integer lastStatus,
    @Nullable String reason,
    Instant createdAt) {

  /** On the wire and in the table the name in lower case. */
  enum Status {
    /** To be tried (again). */
    PENDING,
    /** Taken by the receiver. */
    DELIVERED,
    /** Given up; the reason says why. */
    FAILED;

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
