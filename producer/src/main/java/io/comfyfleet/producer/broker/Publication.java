package io.comfyfleet.producer.broker;

import org.springframework.amqp.AmqpException;

/** What became of a published message. */
public sealed interface Publication {
  /** The broker has it in a queue and has made it safe. */
  record Confirmed() implements Publication {}

  /**
   * No queue takes this routing key.
   *
   * @param reason in words
   */
  record Returned(String reason) implements Publication {}

  /**
   * It cannot be written as an AMQP message, now or ever; the broker never saw it.
   *
   * @param reason in words
   */
  record Unsendable(String reason) implements Publication {}

  /**
   * The broker refused it, or did not answer in time: it may or may not have it.
   *
   * @param reason in words
   */
  record Unconfirmed(String reason) implements Publication {}

  /**
   * The connection was gone before it was sent: the broker does not have it.
   *
   * @param cause how the connection ended, or why there is none
   */
  record Unsent(AmqpException cause) implements Publication {}
}
