package io.comfyfleet.producer.callback;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.callback.Callback.Status;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Shows what became of callbacks. */
@RestController
@RequestMapping("/api/callbacks")
class CallbackController {
  private static final int MOST = 1_000;

  private final CallbackTable table;

  CallbackController(CallbackTable table) {
    this.table = table;
  }

  @GetMapping
  CallbackList list(
      @RequestParam(required = false) @Nullable String status,
      @RequestParam(defaultValue = "100") int limit) {
    if (limit < 1 || limit > MOST) {
      throw new InvalidMessageException(
          "limit", "must be between 1 and " + MOST + ", was " + limit);
    }
    return new CallbackList(
        table.list(status(status), limit).stream().map(CallbackView::of).toList());
  }

  private static @Nullable Status status(@Nullable String wireName) {
    if (wireName == null) {
      return null;
    }
    return Arrays.stream(Status.values())
        .filter(status -> status.wireName().equals(wireName))
        .findFirst()
        .orElseThrow(() ->
            new InvalidMessageException(
                "status", "must be pending, delivered or failed, was \"" + wireName + "\""));
  }

  /**
   * Calls to senders' addresses.
   *
   * @param callbacks the newest first
   */
  record CallbackList(List<CallbackView> callbacks) {}

  /**
   * A call to a sender's address.
   *
   * @param id its id
   * @param url where it goes, without the query: it may hold the receiver's secret, as n8n's
   *     signature
   * @param idempotencyKey the same on each repeat
   * @param status where it stands
   * @param attempts how often it was tried
   * @param lastStatus what the receiver answered last; null when it never did
   * @param reason why the last try did not succeed; null when it did or there was none
   * @param nextAttemptAt when it is tried next; null when it has ended
   * @param endedAt when it was taken or given up; null before
   * @param createdAt when what it tells had happened
   */
  record CallbackView(
      UUID id,
      String url,
      String idempotencyKey,
      Status status,
      int attempts,
      @Nullable Integer lastStatus,
      @Nullable String reason,
      @Nullable Instant nextAttemptAt,
      @Nullable Instant endedAt,
      Instant createdAt) {
    static CallbackView of(Callback callback) {
      boolean pending = callback.status() == Status.PENDING;
      return new CallbackView(
          callback.id(),
          callback.url().toString().replaceFirst("\\?.*", "?…"),
          callback.idempotencyKey(),
          callback.status(),
          callback.attempts(),
          callback.lastStatus(),
          callback.reason(),
          pending ? callback.dueAt() : null,
          pending ? null : callback.dueAt(),
          callback.createdAt());
    }
  }
}
