package io.comfyfleet.producer.telemetry;

import com.rabbitmq.client.Channel;
import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.topology.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.stereotype.Component;

/** Asks the broker how many messages wait; works without its management plugin. Blocks. */
@Component
class QueueDepths {
  private final RabbitTemplate template;
  private final List<String> queues = new ArrayList<>(List.of(Topology.RESULTS, Topology.DEAD));

  QueueDepths(RabbitTemplate template, Lanes lanes) {
    this.template = template;
    lanes.names().forEach(lane -> queues.add(Topology.laneQueue(lane)));
  }

  /** Depth by queue, without those that are not there; empty when the broker is not there. */
  Map<String, Double> ask() {
    Map<String, Double> depths = new HashMap<>();
    try {
      for (String queue : queues) {
        ask(queue, depths);
      }
    } catch (AmqpConnectException e) {
      return Map.of();
    }
    return depths;
  }

  private void ask(String queue, Map<String, Double> depths) {
    try {
      Long depth = template.execute((Channel channel) -> channel.messageCount(queue));
      if (depth != null) {
        depths.put(queue, depth.doubleValue());
      }
    } catch (AmqpConnectException e) {
      throw e;
    } catch (AmqpException e) {
      // Not declared, or deleted: the other queues are there all the same.
    }
  }
}
