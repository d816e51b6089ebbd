package io.comfyfleet.worker.intake;

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

  private final RabbitTemplate template;

  /**
   * @param template with correlated confirms, mandatory, and a connection apart from the consumers'
   */
  Publisher(RabbitTemplate template) {
    this.template = template;
  }

  PublishConfirmation publish(String exchange, String routingKey, Message message) {
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
    } catch (AmqpException | ExecutionException e) {
      return new PublishConfirmation.Unconfirmed(String.valueOf(e.getMessage()));
    } catch (TimeoutException e) {
      return new PublishConfirmation.Unconfirmed("no confirm within " + CONFIRM_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new PublishConfirmation.Unconfirmed("interrupted");
    }
  }
}
