package io.comfyfleet.worker.intake;

import com.rabbitmq.client.AMQP.BasicProperties;
import java.time.Instant;

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
    Instant takenAt) {}
