package io.comfyfleet.producer.node;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.producer.broker.ConfirmedPublisher;
import io.comfyfleet.producer.broker.Outgoing;
import io.comfyfleet.producer.broker.Publication;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import java.util.List;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.stereotype.Component;

/**
 * Carries a word to the nodes. Transient; that nobody listens is no fault, and no job depends on a
 * word that is lost. Waits for the broker's confirm, so that a later word of the same caller does
 * not overtake it on another channel.
 */
@Component
public class FleetControl {
  private final ConfirmedPublisher publisher;
  private final MessageCodec codec = new MessageCodec();

  FleetControl(ConfirmedPublisher publisher) {
    this.publisher = publisher;
  }

  /**
   * To one node.
   *
   * @throws AmqpException when the broker is not there or does not take it
   */
  public void tell(String nodeId, ControlMessage word) {
    send(Topology.controlKey(nodeId), word);
  }

  /**
   * To every node.
   *
   * @throws AmqpException when the broker is not there or does not take it
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
    Publication outcome =
        publisher.publish(List.of(new Outgoing(Topology.CONTROL, key, message))).getFirst();
    switch (outcome) {
      case Publication.Confirmed _, Publication.Returned _ -> {}
      case Publication.Unconfirmed _, Publication.Unsendable _, Publication.Unsent _ ->
          throw new AmqpException("The word to " + key + " was not taken: " + outcome);
    }
  }
}
