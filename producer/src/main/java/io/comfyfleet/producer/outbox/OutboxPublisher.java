package io.comfyfleet.producer.outbox;

import io.comfyfleet.producer.broker.ConfirmedPublisher;
import io.comfyfleet.producer.broker.Outgoing;
import io.comfyfleet.producer.broker.Publication;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageBuilderSupport;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Publishes one batch. The rows stay locked while it waits for the confirms, so that no other
 * process publishes them too, and are deleted in the commit that follows; a crash in between
 * publishes them once more.
 */
@Component
class OutboxPublisher {
  private static final Logger log = LoggerFactory.getLogger(OutboxPublisher.class);
  private static final int BATCH = 100;
  private static final int BATCH_BYTES = 4 * 1024 * 1024;
  private static final Duration PAUSE_AFTER_REFUSAL = Duration.ofSeconds(5);

  private final OutboxTable table;
  private final ConfirmedPublisher publisher;
  private final UndeliverableSink undeliverable;
  private final TransactionTemplate transaction;
  private final Clock clock;
  private final Instant begun;
  private int alone;

  OutboxPublisher(
      OutboxTable table,
      ConfirmedPublisher publisher,
      UndeliverableSink undeliverable,
      TransactionTemplate transaction,
      Clock clock) {
    this.table = table;
    this.publisher = publisher;
    this.undeliverable = undeliverable;
    this.transaction = transaction;
    this.clock = clock;
    this.begun = clock.instant();
  }

  private record Lost(OutboxTable.Row row, String reason) {}

  /** How many rows were looked at, and why some could not be sent; null when all were. */
  private record Batch(int seen, @Nullable AmqpException away) {}

  /**
   * Publishes what is due, at most one batch.
   *
   * @return how many rows it looked at; 0 when nothing is due
   * @throws AmqpException when the broker went away; what became of those sent before is kept
   */
  int publishBatch() {
    List<Lost> lost = new ArrayList<>();
    Batch batch = Objects.requireNonNull(transaction.execute(status -> publish(lost)));
    // On its own: ending a job locks its run, which must not wait behind the locks of this batch.
    for (Lost each : lost) {
      transaction.executeWithoutResult(status -> settle(each));
    }
    if (batch.away() != null) {
      throw batch.away();
    }
    return batch.seen();
  }

  private Batch publish(List<Lost> lost) {
    // The channel may have been closed over one of them, which would take the others along for
    // ever.
    int most = alone > 0 ? 1 : BATCH;
    List<OutboxTable.Row> rows = table.claim(clock.instant(), most, BATCH_BYTES);
    alone -= Math.min(alone, rows.size());
    List<Publication> outcomes = publisher.publish(rows.stream().map(this::outgoing).toList());
    List<Long> confirmed = new ArrayList<>();
    List<Long> unconfirmed = new ArrayList<>();
    AmqpException away = null;
    for (int i = 0; i < rows.size(); i++) {
      OutboxTable.Row row = rows.get(i);
      switch (outcomes.get(i)) {
        case Publication.Confirmed() -> confirmed.add(row.id());
        case Publication.Returned(String reason) ->
            lost.add(
                new Lost(
                    row,
                    "The broker has no queue for this job ("
                        + reason
                        + "): declare its lane, or look whether the queue was deleted"));
        case Publication.Unsendable(String reason) ->
            lost.add(new Lost(row, "The job cannot be written as an AMQP message: " + reason));
        case Publication.Unconfirmed(String reason) -> {
          unconfirmed.add(row.id());
          log.atWarn()
              .addKeyValue(LogKeys.JOB_ID, row.message().messageId())
              .addKeyValue(LogKeys.REASON, reason)
              .log("message not confirmed, will be published again");
        }
        case Publication.Unsent(AmqpException cause) -> away = cause;
      }
    }
    if (rows.size() > 1) {
      alone = unconfirmed.size();
    }
    table.delete(confirmed);
    table.postpone(unconfirmed, clock.instant().plus(PAUSE_AFTER_REFUSAL));
    return new Batch(rows.size(), away);
  }

  private void settle(Lost lost) {
    OutboxMessage message = lost.row().message();
    log.atWarn()
        .addKeyValue(LogKeys.JOB_ID, message.messageId())
        .addKeyValue(LogKeys.REASON, lost.reason())
        .log("message cannot be delivered");
    if (message.jobId() != null) {
      undeliverable.undeliverable(message.jobId(), lost.reason());
    }
    table.delete(List.of(lost.row().id()));
  }

  private Outgoing outgoing(OutboxTable.Row row) {
    OutboxMessage message = row.message();
    MessageBuilderSupport<Message> builder =
        MessageBuilder.withBody(message.body())
            .setMessageId(message.messageId())
            .setType(message.type())
            .setContentType(MessageHeaders.CONTENT_TYPE)
            .setContentEncoding("UTF-8")
            .setTimestamp(Date.from(clock.instant()))
            .setAppId("comfyfleet")
            .setPriority(message.priority())
            .setDeliveryMode(MessageDeliveryMode.PERSISTENT)
            .setCorrelationIdIfAbsent(message.correlationId())
            .setReplyToIfAbsent(message.replyTo());
    if (message.idempotencyKey() != null) {
      builder.setHeader(MessageHeaders.IDEMPOTENCY_KEY, message.idempotencyKey());
    }
    // What an earlier process left behind it may have published just before it ended.
    if (message.jobId() != null && (row.unsure() || row.dueAt().isBefore(begun))) {
      builder.setHeader(MessageHeaders.REPEATED, true);
    }
    if (row.traceparent() != null) {
      builder.setHeader(Traces.HEADER, row.traceparent());
    }
    return new Outgoing(message.exchange(), message.routingKey(), builder.build());
  }
}
