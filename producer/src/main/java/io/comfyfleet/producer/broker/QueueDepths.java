package io.comfyfleet.producer.broker;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.telemetry.LogKeys;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.AmqpAdmin;
import org.springframework.amqp.core.QueueInformation;
import org.springframework.stereotype.Component;

/**
 * Asks the broker itself, without its management plugin, how many messages lie in its queues.
 * Thread-safe.
 */
@Component
public class QueueDepths {
  private static final Logger log = LoggerFactory.getLogger(QueueDepths.class);

  private final AmqpAdmin broker;

  QueueDepths(AmqpAdmin broker) {
    this.broker = broker;
  }

  /**
   * What the broker told.
   *
   * @param depths messages that nobody has taken, by queue; without queues that are not there
   * @param reachable whether it answered
   */
  public record Depths(Map<String, Long> depths, boolean reachable) {}

  /**
   * Asks now; blocks until the broker has answered.
   *
   * @param queues names; those that are not there are left out of the answer
   */
  public Depths of(Collection<String> queues) {
    Map<String, Long> depths = new HashMap<>();
    try {
      for (String queue : queues) {
        QueueInformation told = broker.getQueueInfo(queue);
        if (told != null) {
          depths.put(queue, told.getMessageCount());
        }
      }
      return new Depths(depths, true);
    } catch (AmqpException | ShutdownSignalException e) {
      log.atDebug().addKeyValue(LogKeys.REASON, e.getMessage()).log("broker does not tell depths");
      return new Depths(Map.of(), false);
    }
  }
}
