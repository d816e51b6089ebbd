package io.comfyfleet.worker.intake;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.telemetry.MetricNames;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** Publishes and waits for the broker's word. Thread-safe. */
final class Publisher {
  private static final Duration CONFIRM_WAIT = Duration.ofSeconds(10);
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2),
    Duration.ofSeconds(10)
  };

  private final RabbitTemplate template;
  private final MeterRegistry registry;

  /**
   * @param template with correlated confirms, mandatory, and a connection apart from the consumers'
   * @param registry takes how long the broker needed for its word
   */
  Publisher(RabbitTemplate template, MeterRegistry registry) {
    this.template = template;
    this.registry = registry;
  }

  PublishConfirmation publish(String exchange, String routingKey, Message message) {
    Timer.Sample sample = Timer.start(registry);
    PublishConfirmation confirmation = confirmation(exchange, routingKey, message);
    sample.stop(
        Timer.builder(MetricNames.PUBLISH_CONFIRM)
            .serviceLevelObjectives(BUCKETS)
            .tag("outcome", outcome(confirmation))
            .register(registry));
    return confirmation;
  }

  private static String outcome(PublishConfirmation confirmation) {
    return switch (confirmation) {
      case PublishConfirmation.Confirmed confirmed -> "confirmed";
      case PublishConfirmation.Returned returned -> "returned";
      case PublishConfirmation.Unconfirmed unconfirmed -> "unconfirmed";
    };
  }

  private PublishConfirmation confirmation(String exchange, String routingKey, Message message) {
    CorrelationData correlation = new CorrelationData();
    try {
      template.send(exchange, routingKey, message, correlation);
      CorrelationData.Confirm confirm =
          correlation.getFuture().get(CONFIRM_WAIT.toMillis(), TimeUnit.MILLISECONDS);
      // An unroutable message is confirmed too.
      if (correlation.getReturned() != null) {
        return new PublishConfirmation.Returned(correlation.getReturned().getReplyText());
      }
      return confirm.ack()
          ? new PublishConfirmation.Confirmed()
          : new PublishConfirmation.Unconfirmed("refused: " + confirm.reason());
    } catch (AmqpException | ShutdownSignalException | ExecutionException e) {
      // The client's own exception comes when the connection ends just as a channel is opened.
      return new PublishConfirmation.Unconfirmed(String.valueOf(e.getMessage()));
    } catch (TimeoutException e) {
      return new PublishConfirmation.Unconfirmed("no confirm within " + CONFIRM_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new PublishConfirmation.Unconfirmed("interrupted");
    }
  }
}
