package io.comfyfleet.producer.broker;

import io.comfyfleet.topology.Sendable;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
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

  /**
   * Publishes all in this order on one channel, then waits for all confirms together.
   *
   * @return what became of each, in order
   * @throws AmqpException when the broker is not there; some may have reached it
   */
  public List<Publication> publish(List<Outgoing> messages) {
    // Without this each message may take another channel, and overtake the one before it.
    List<Sent> all =
        Objects.requireNonNull(
            template.invoke(operations -> messages.stream().map(this::send).toList()));
    long deadline = System.nanoTime() + timeout.toNanos();
    return all.stream().map(each -> outcome(each, deadline)).toList();
  }

  private Sent send(Outgoing outgoing) {
    String fault = Sendable.fault(outgoing.exchange(), outgoing.routingKey(), outgoing.message());
    CorrelationData correlation = new CorrelationData();
    if (fault == null) {
      template.send(outgoing.exchange(), outgoing.routingKey(), outgoing.message(), correlation);
    }
    return new Sent(correlation, fault, System.nanoTime());
  }

  private record Sent(CorrelationData correlation, @Nullable String fault, long at) {}

  private Publication outcome(Sent sent, long deadline) {
    if (sent.fault() != null) {
      return new Publication.Unsendable(sent.fault());
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
