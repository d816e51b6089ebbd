package io.comfyfleet.producer.broker;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Words;
import io.comfyfleet.telemetry.MetricNames;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.stereotype.Component;

/** Puts a message that nobody can use among the dead letters, body untouched. */
@Component
public class DeadLetters {
  private static final int LONGEST_ERROR = 2_000;

  private final ConfirmedPublisher publisher;
  private final MeterRegistry registry;
  private final Clock clock;

  DeadLetters(ConfirmedPublisher publisher, MeterRegistry registry, Clock clock) {
    this.publisher = publisher;
    this.registry = registry;
    this.clock = clock;
    for (ErrorCode reason : ErrorCode.values()) {
      letters(reason);
    }
  }

  /** There from the start, at 0: the first letter must show as a rise. */
  private Counter letters(ErrorCode reason) {
    return registry.counter(MetricNames.DEAD_LETTERS, "reason", reason.wireName());
  }

  /**
   * Publishes and waits for the confirm; afterwards the original may be acknowledged.
   *
   * @param original as it was delivered
   * @param reason class of the error
   * @param error in words; cut when long
   * @throws AmqpException when the broker did not take it: keep the original
   */
  public void add(Message original, ErrorCode reason, String error) {
    Message letter = letter(MessageBuilder.fromClonedMessage(original), original, reason, error);
    Publication outcome = publish(letter);
    if (outcome instanceof Publication.Unsendable) {
      // Its properties are part of what is wrong with it; the body still tells what it was.
      outcome =
          publish(letter(MessageBuilder.withBody(original.getBody()), original, reason, error));
    }
    if (!(outcome instanceof Publication.Confirmed)) {
      throw new AmqpException("The dead letter was not taken: " + outcome);
    }
    letters(reason).increment();
  }

  private Publication publish(Message letter) {
    return publisher.publish(List.of(new Outgoing(Topology.DEAD, "", letter))).getFirst();
  }

  private Message letter(MessageBuilder letter, Message original, ErrorCode reason, String error) {
    MessageProperties from = original.getMessageProperties();
    Integer priority = from.getPriority();
    return letter
        .setDeliveryMode(MessageDeliveryMode.PERSISTENT)
        // Its time was for the request: a letter waits until somebody looks.
        .setExpiration(null)
        // Said of the message; of a letter it says that the letter itself may be a repeat.
        .removeHeader(MessageHeaders.REPEATED)
        .setPriority(priority == null ? 0 : priority)
        .setHeader(MessageHeaders.REASON, reason.wireName())
        .setHeader(MessageHeaders.ERROR, Words.first(LONGEST_ERROR, error))
        .setHeader(MessageHeaders.ORIGIN, from.getConsumerQueue())
        .setHeader(MessageHeaders.DIED_AT, clock.instant().toString())
        .build();
  }
}
