package io.comfyfleet.producer.dispatch;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a request brought beside its body.
 *
 * @param idempotencyKey HTTP header of that name; null for none
 * @param messageId AMQP {@code message_id} when it is a UUID; null otherwise
 * @param replyTo queue that wants a copy of the result; null for none
 * @param correlationId the sender's, for that copy; null for none
 */
record Origin(
    @Nullable String idempotencyKey,
    @Nullable UUID messageId,
    @Nullable String replyTo,
    @Nullable String correlationId) {}
