package io.comfyfleet.producer.outbox;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.producer.broker.ConfirmedPublisher;
import io.comfyfleet.producer.broker.DeadLetters;
import io.comfyfleet.producer.broker.Outgoing;
import io.comfyfleet.producer.broker.Publication;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
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
 * Publishes one batch: claims its rows in one transaction, publishes, and deletes in another what
 * the broker confirmed. A claimed row is due again after a while and says that it may have been
 * published, so that whatever ends a process in between, the next one repeats it with that word.
 */
@Component
class OutboxPublisher {
  private static final Logger log = LoggerFactory.getLogger(OutboxPublisher.class);
  private static final int BATCH = 100;
  private static final int BATCH_BYTES = 4 * 1024 * 1024;
  private static final Duration PAUSE_AFTER_REFUSAL = Duration.ofSeconds(5);

  /** What a claim lasts beyond the wait for the confirms. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final OutboxTable table;
  private final ConfirmedPublisher publisher;
  private final UndeliverableSink undeliverable;
  private final DeadLetters deadLetters;
  private final TransactionTemplate transaction;
  private final Clock clock;
  private int alone;

  OutboxPublisher(
      OutboxTable table,
      ConfirmedPublisher publisher,
      UndeliverableSink undeliverable,
      DeadLetters deadLetters,
      TransactionTemplate transaction,
      Clock clock) {
    this.table = table;
    this.publisher = publisher;
    this.undeliverable = undeliverable;
    this.deadLetters = deadLetters;
    this.transaction = transaction;
    this.clock = clock;
  }

  private record Lost(OutboxTable.Row row, String reason) {}

  /**
   * Publishes what is due, at most one batch.
   *
   * @return how many rows it looked at; 0 when nothing is due
   * @throws AmqpException when the broker went away; what became of those sent before is kept
   */
  int publishBatch() {
    // The channel may have been closed over one of them, which would take the others along for
    // ever.
    int most = alone > 0 ? 1 : BATCH;
    Instant now = clock.instant();
    // A database keeps no more of an instant, and the claim is known by it.
    Instant until = now.plus(publisher.timeout()).plus(GRACE).truncatedTo(ChronoUnit.MILLIS);
    List<OutboxTable.Row> rows =
        Objects.requireNonNull(
            transaction.execute(status -> table.claim(now, until, most, BATCH_BYTES)));
    if (rows.isEmpty()) {
      return 0;
    }
    alone -= Math.min(alone, rows.size());
    Outcomes outcomes = publish(rows);
    if (rows.size() > 1) {
      alone = outcomes.unconfirmed.size();
    }
    transaction.executeWithoutResult(status -> keep(rows, until, outcomes));
    outcomes.lost.forEach(this::settle);
    if (outcomes.away != null) {
      throw outcomes.away;
    }
    return rows.size();
  }

  /** What became of a batch. */
  private static final class Outcomes {
    final List<Long> confirmed = new ArrayList<>();
    final List<Long> unconfirmed = new ArrayList<>();
    final List<OutboxTable.Row> unsent = new ArrayList<>();
    final List<Lost> lost = new ArrayList<>();
    @Nullable AmqpException away;
  }

  private Outcomes publish(List<OutboxTable.Row> rows) {
    Outcomes all = new Outcomes();
    List<Publication> outcomes = publisher.publish(rows.stream().map(this::outgoing).toList());
    for (int i = 0; i < rows.size(); i++) {
      OutboxTable.Row row = rows.get(i);
      switch (outcomes.get(i)) {
        case Publication.Confirmed() -> all.confirmed.add(row.id());
        case Publication.Returned(String reason) ->
            all.lost.add(
                new Lost(
                    row,
                    "The broker has no queue for this job ("
                        + reason
                        + "): declare its lane, or look whether the queue was deleted"));
        case Publication.Unsendable(String reason) ->
            all.lost.add(new Lost(row, "The job cannot be written as an AMQP message: " + reason));
        case Publication.Unconfirmed(String reason) -> {
          all.unconfirmed.add(row.id());
          log.atWarn()
              .addKeyValue(LogKeys.JOB_ID, row.message().messageId())
              .addKeyValue(LogKeys.REASON, reason)
              .log("message not confirmed, will be published again");
        }
        case Publication.Unsent(AmqpException cause) -> {
          all.unsent.add(row);
          all.away = cause;
        }
      }
    }
    return all;
  }

  private void keep(List<OutboxTable.Row> rows, Instant until, Outcomes outcomes) {
    Set<Long> ours = table.stillClaimed(rows.stream().map(OutboxTable.Row::id).toList(), until);
    table.delete(outcomes.confirmed.stream().filter(ours::contains).toList());
    table.postpone(
        outcomes.unconfirmed.stream().filter(ours::contains).toList(),
        clock.instant().plus(PAUSE_AFTER_REFUSAL));
    table.release(outcomes.unsent.stream().filter(row -> ours.contains(row.id())).toList());
  }

  private void settle(Lost lost) {
    OutboxMessage message = lost.row().message();
    log.atWarn()
        .addKeyValue(LogKeys.JOB_ID, message.messageId())
        .addKeyValue(LogKeys.REASON, lost.reason())
        .log("message cannot be delivered");
    UUID jobId = message.jobId();
    transaction.executeWithoutResult(status -> {
      boolean ended = jobId != null && undeliverable.undeliverable(jobId, lost.reason());
      table.delete(List.of(lost.row().id()));
      // The last before the commit: what fails and comes again leaves no letter each time.
      if (ended || isRequest(message)) {
        deadLetters.add(letter(lost.row()), ErrorCode.INTERNAL_ERROR, lost.reason());
      }
    });
  }

  /** A request that was replayed: no job has it yet. */
  private static boolean isRequest(OutboxMessage message) {
    return message.exchange().equals(Topology.FLEET)
        && message.routingKey().equals(Topology.INTAKE);
  }

  private Message letter(OutboxTable.Row row) {
    Message message = outgoing(row).message();
    String key = row.message().routingKey();
    message
        .getMessageProperties()
        .setConsumerQueue(isRequest(row.message()) ? key : Topology.laneQueue(key));
    return message;
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
    if (message.jobId() != null && row.unsure()) {
      builder.setHeader(MessageHeaders.REPEATED, true);
    }
    if (row.traceparent() != null) {
      builder.setHeader(Traces.HEADER, row.traceparent());
    }
    return new Outgoing(message.exchange(), message.routingKey(), builder.build());
  }
}
