package io.comfyfleet.producer.deadletter;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.comfyfleet.job.DeadLettered;
import io.comfyfleet.job.Job;
import io.comfyfleet.producer.outbox.Outbox;
import io.comfyfleet.producer.outbox.OutboxMessage;
import io.comfyfleet.producer.run.PublicAddress;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.json.JsonMapper;

/** Tells of new dead letters in words that are always readable, whatever the letter holds. */
@Component
class Obituary {
  private final Outbox outbox;
  private final MessageCodec codec;
  private final JsonMapper mapper;
  private final PublicAddress address;

  Obituary(Outbox outbox, MessageCodec codec, JsonMapper mapper, PublicAddress address) {
    this.outbox = outbox;
    this.codec = codec;
    this.mapper = mapper;
    this.address = address;
  }

  /** Tells of the letter, of which this is a copy. A repeat has the same key. */
  @Transactional
  void tell(Message copy) {
    MessageProperties properties = copy.getMessageProperties();
    Letter letter =
        new Letter(
            new BasicProperties.Builder()
                .messageId(properties.getMessageId())
                .timestamp(properties.getTimestamp())
                .headers(properties.getHeaders())
                .build(),
            copy.getBody());
    LetterSummary summary = LetterSummary.of(letter, mapper);
    DeadLettered event =
        new DeadLettered(
            summary.id(),
            address.of("/api/dead-letters/" + summary.id()),
            summary.jobId(),
            summary.runId(),
            summary.index(),
            summary.type(),
            summary.lane(),
            summary.reason(),
            summary.message(),
            summary.node(),
            summary.attempts(),
            letter.origin(),
            summary.diedAt(),
            "dead-" + summary.id());
    outbox.add(
        new OutboxMessage(
            Topology.RUNS,
            Topology.JOB_DEAD,
            event.idempotencyKey(),
            Topology.JOB_DEAD,
            Job.DEFAULT_PRIORITY,
            null,
            null,
            event.idempotencyKey(),
            null,
            codec.encode(event)));
  }
}
