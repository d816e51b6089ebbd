package io.comfyfleet.producer.node;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.stereotype.Component;

/**
 * Carries a word to the nodes. Transient, unconfirmed, and not mandatory: that nobody listens is no
 * fault, and no job depends on a word that is lost.
 */
@Component
public class FleetControl {
  private final RabbitTemplate rabbit;
  private final MessageCodec codec = new MessageCodec();

  FleetControl(ConnectionFactory connections) {
    this.rabbit = new RabbitTemplate(connections);
    rabbit.setUsePublisherConnection(true);
  }

  /**
   * To one node.
   *
   * @throws AmqpException when the broker is not there
   */
  public void tell(String nodeId, ControlMessage word) {
    send(Topology.controlKey(nodeId), word);
  }

  /**
   * To every node.
   *
   * @throws AmqpException when the broker is not there
   */
  public void tellAll(ControlMessage word) {
    send(Topology.CONTROL_ALL, word);
  }

  private void send(String key, ControlMessage word) {
    Message message =
        MessageBuilder.withBody(codec.encode(word))
            .setContentType(MessageHeaders.CONTENT_TYPE)
            .setDeliveryMode(MessageDeliveryMode.NON_PERSISTENT)
            .setAppId("comfyfleet")
            .build();
    rabbit.send(Topology.CONTROL, key, message);
  }
}
