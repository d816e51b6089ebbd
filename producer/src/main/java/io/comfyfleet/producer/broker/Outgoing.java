package io.comfyfleet.producer.broker;

import org.springframework.amqp.core.Message;

/**
 * A message and where it goes.
 *
 * @param exchange name of the exchange
 * @param routingKey key on that exchange
 * @param message body and properties, priority set on purpose
 */
public record Outgoing(String exchange, String routingKey, Message message) {}
