package io.comfyfleet.producer.broker;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.topology.Sendable;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.ReturnedMessage;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.stereotype.Component;

/** Publishes and waits for the broker's word. Safe for use by several threads; blocks. */
@Component
public class ConfirmedPublisher {
  private final RabbitTemplate template;
  private final Duration timeout;
  private final PublishTimers timers;

  ConfirmedPublisher(RabbitTemplate template, BrokerSettings settings, MeterRegistry registry) {
    this.template = template;
    this.timeout = settings.confirmTimeout();
    this.timers = new PublishTimers(registry);
  }

  /** How long {@link #publish} waits for the broker's confirms, all together. */
  public Duration timeout() {
    return timeout;
  }

  /**
   * Publishes all in this order on one channel, then waits for all confirms together. None is sent
   * after one that the broker could not be told.
   *
   * @return what became of each, in order
   */
  public List<Publication> publish(List<Outgoing> messages) {
    if (messages.isEmpty()) {
      return List.of();
    }
    List<Sent> all;
    try {
      // Without this each message may take another channel, and overtake the one before it.
      all = Objects.requireNonNull(template.invoke(operations -> send(messages)));
    } catch (AmqpException e) {
      return unsent(messages, e);
    } catch (ShutdownSignalException e) {
      // The connection ended in the moment in which a channel was to be opened.
      return unsent(messages, new AmqpConnectException(e));
    }
    long deadline = System.nanoTime() + timeout.toNanos();
    return all.stream().map(each -> outcome(each, deadline)).toList();
  }

  /** There was no channel. */
  private static List<Publication> unsent(List<Outgoing> messages, AmqpException away) {
    return messages.stream().<Publication>map(each -> new Publication.Unsent(away)).toList();
  }

  private List<Sent> send(List<Outgoing> messages) {
    List<Sent> all = new ArrayList<>();
    AmqpException away = null;
    for (Outgoing outgoing : messages) {
      Sent sent = away == null ? send(outgoing) : Sent.not(new Publication.Unsent(away));
      all.add(sent);
      away = away == null ? sent.away() : away;
    }
    return all;
  }

  private Sent send(Outgoing outgoing) {
    String fault = Sendable.fault(outgoing.exchange(), outgoing.routingKey(), outgoing.message());
    if (fault != null) {
      return Sent.not(new Publication.Unsendable(fault));
    }
    CorrelationData correlation = new CorrelationData();
    try {
      template.send(outgoing.exchange(), outgoing.routingKey(), outgoing.message(), correlation);
      return new Sent(correlation, null, null, System.nanoTime());
    } catch (AmqpException e) {
      return Sent.broken(new Publication.Unconfirmed(String.valueOf(e.getMessage())), e);
    }
  }

  /**
   * What is known before the confirm.
   *
   * @param outcome what became of it; null while the broker's word decides
   * @param away why the broker cannot be told any more; null while it can
   */
  private record Sent(
      CorrelationData correlation,
      @Nullable Publication outcome,
      @Nullable AmqpException away,
      long at) {
    static Sent not(Publication outcome) {
      return new Sent(new CorrelationData(), outcome, null, 0);
    }

    static Sent broken(Publication outcome, AmqpException away) {
      return new Sent(new CorrelationData(), outcome, away, 0);
    }
  }

  private Publication outcome(Sent sent, long deadline) {
    if (sent.outcome() != null) {
      return sent.outcome();
    }
    Publication outcome = await(sent.correlation(), deadline);
    timers.took(outcome, System.nanoTime() - sent.at());
    return outcome;
  }

  private static Publication await(CorrelationData correlation, long deadline) {
    try {
      CorrelationData.Confirm confirm =
          correlation
              .getFuture()
              .get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      // An unroutable message is returned first and then confirmed like any other.
      ReturnedMessage returned = correlation.getReturned();
      if (returned != null) {
        return new Publication.Returned(
            returned.getReplyText()
                + ": exchange "
                + returned.getExchange()
                + ", routing key "
                + returned.getRoutingKey());
      }
      return confirm.ack()
          ? new Publication.Confirmed()
          : new Publication.Unconfirmed("refused by the broker: " + confirm.reason());
    } catch (TimeoutException e) {
      return new Publication.Unconfirmed("no confirm in time");
    } catch (ExecutionException e) {
      return new Publication.Unconfirmed(String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Publication.Unconfirmed("interrupted while waiting for the confirm");
    }
  }
}
