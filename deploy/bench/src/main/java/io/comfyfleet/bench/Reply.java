package io.comfyfleet.bench;

import com.rabbitmq.client.Delivery;
import io.comfyfleet.launch.ProducerClient;
import org.jspecify.annotations.Nullable;

/**
 * One answer on the {@code reply_to} of a message.
 *
 * @param correlationId as the message had it, the job's id; null when the answer has none
 * @param key {@code x-fleet-idempotency-key}; null when it had none
 * @param end how the job ended
 */
record Reply(@Nullable String correlationId, @Nullable String key, JobEnd end) {

  /** The queue that messages name. */
  static final String QUEUE = "chaos.replies";

  static Reply of(Delivery delivery) {
    return new Reply(
        delivery.getProperties().getCorrelationId(),
        Answer.key(delivery),
        JobEnd.of(ProducerClient.JSON.readTree(delivery.getBody())));
  }
}
