package io.comfyfleet.producer.intake;

import io.comfyfleet.producer.broker.ConfirmedPublisher;
import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.Outgoing;
import io.comfyfleet.producer.broker.Publication;
import io.comfyfleet.topology.Topology;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.stereotype.Component;

/**
 * Requests that came before the job which they need: two consumers, or two senders, overtake each
 * other. Such a request goes to the end of the queue, behind the one that it waits for, and carries
 * with it since when it waits. It is looked at once a second, however many wait: those behind the
 * first are due when that one is, so that others are held up for a second at most.
 */
@Component
class WaitingLine {
  private static final String SINCE = "x-fleet-waits-since";
  private static final String LOOKED_AT = "x-fleet-looked-at";
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  private final ConfirmedPublisher publisher;
  private final ConsumerPause pause;
  private final IntakeSettings settings;
  private final Clock clock;

  WaitingLine(
      ConfirmedPublisher publisher, ConsumerPause pause, IntakeSettings settings, Clock clock) {
    this.publisher = publisher;
    this.pause = pause;
    this.settings = settings;
    this.clock = clock;
  }

  /** Waits until the request may be looked at again; not for one that is new. */
  void await(Message message) {
    Instant looked = noted(message, LOOKED_AT);
    if (looked != null) {
      Duration left = Duration.between(clock.instant(), looked.plus(BETWEEN_LOOKS));
      if (left.isPositive()) {
        pause.hold(left);
      }
    }
  }

  /**
   * Whether the request had waited for as long as it may when it was last put at the end: whatever
   * stood before it there has been read since then, also when that took longer than usual.
   */
  boolean isOver(Message message) {
    Instant since = noted(message, SINCE);
    Instant looked = noted(message, LOOKED_AT);
    return since != null && looked != null && !since.plus(settings.patience()).isAfter(looked);
  }

  /**
   * Puts the request at the end of the queue; afterwards the original may be acknowledged.
   *
   * @return false when it cannot be written again, whoever tries
   * @throws AmqpException when the broker did not take it: keep the original
   */
  boolean join(Message message) {
    Instant now = clock.instant();
    Instant since = noted(message, SINCE);
    // What was received as persistent is not sent so by itself.
    Message same =
        MessageBuilder.fromClonedMessage(message)
            .setDeliveryMode(MessageDeliveryMode.PERSISTENT)
            // Else it stood before the request that it waits for, when that has a lower one.
            .setPriority(0)
            .setHeader(SINCE, (since == null ? now : since).toString())
            .setHeader(LOOKED_AT, now.toString())
            .build();
    Publication outcome =
        publisher.publish(List.of(new Outgoing(Topology.FLEET, Topology.INTAKE, same))).getFirst();
    if (outcome instanceof Publication.Unsendable) {
      return false;
    }
    if (!(outcome instanceof Publication.Confirmed)) {
      throw new AmqpException("The request was not taken back: " + outcome);
    }
    return true;
  }

  /** Null for what is no time; one to come, by another's clock, is taken for now. */
  private @Nullable Instant noted(Message message, String header) {
    Object text = message.getMessageProperties().getHeader(header);
    try {
      Instant at = text == null ? null : Instant.parse(text.toString());
      Instant now = clock.instant();
      return at != null && at.isAfter(now) ? now : at;
    } catch (DateTimeException e) {
      return null;
    }
  }
}
