package io.comfyfleet.producer.outbox;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message to publish.
 *
 * @param exchange name of the exchange
 * @param routingKey key on that exchange
 * @param messageId AMQP {@code message_id}
 * @param type AMQP {@code type}
 * @param priority 1 to 10
 * @param replyTo queue that wants a copy of the result; null for none
 * @param correlationId the sender's, for that copy; null for none
 * @param idempotencyKey lets a receiver drop a repeat; null when the message id does that
 * @param jobId the job that this message is; null for anything else
 * @param body JSON in UTF-8
 */
public record OutboxMessage(
    String exchange,
    String routingKey,
    String messageId,
    String type,
    int priority,
    @Nullable String replyTo,
    @Nullable String correlationId,
    @Nullable String idempotencyKey,
    @Nullable UUID jobId,
    byte[] body) {}
