package io.comfyfleet.worker.intake;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One hand-over of a message on one channel.
 *
 * @param lane the lane it came from
 * @param tag valid on that channel only
 * @param redelivered whether somebody had it before
 * @param properties the message's properties
 * @param body the message's bytes
 * @param takenAt when it came
 */
record Delivery(
    String lane,
    long tag,
    boolean redelivered,
    BasicProperties properties,
    byte[] body,
    Instant takenAt) {

  /** Our own count of {@link #deaths()}, where the broker keeps none. */
  static final String DEATHS = "x-fleet-deaths";

  /** On a copy that was put back to wait because another node had the job in hand. */
  static final String DEFERRED = "x-fleet-deferred";

  /** Whether somebody may still be at work on this job, or have ended it. */
  boolean isDoubtful() {
    return redelivered || has(DEFERRED) || has(MessageHeaders.REPEATED) || deaths() > 0;
  }

  /**
   * How many earlier deliveries ended with their worker or its connection. Quorum queues of
   * RabbitMQ 4.3 count them ({@code x-delivery-count}, absent on the first delivery; giving back
   * does not count); on classic queues the worker does.
   */
  long deaths() {
    return Math.max(header("x-delivery-count"), header(DEATHS));
  }

  /** What the sender of the message gave for the trace to go on; null when it gave nothing. */
  @Nullable String traceparent() {
    Object value =
        properties.getHeaders() == null ? null : properties.getHeaders().get(Traces.HEADER);
    return value == null ? null : value.toString();
  }

  private boolean has(String name) {
    return properties.getHeaders() != null && properties.getHeaders().containsKey(name);
  }

  private long header(String name) {
    Object value = properties.getHeaders() == null ? null : properties.getHeaders().get(name);
    return value instanceof Number number ? number.longValue() : 0;
  }
}
