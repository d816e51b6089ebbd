package io.comfyfleet.producer.node;

import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;

/** Takes what nodes tell. Events are acknowledged on delivery: nothing depends on one of them. */
final class EventListener implements MessageListener {
  private static final Logger log = LoggerFactory.getLogger(EventListener.class);

  private final MessageCodec codec = new MessageCodec();
  private final Nodes nodes;
  private final List<FleetEventSink> sinks;

  EventListener(Nodes nodes, List<FleetEventSink> sinks) {
    this.nodes = nodes;
    this.sinks = sinks;
  }

  @Override
  public void onMessage(Message message) {
    FleetEvent event;
    try {
      event = codec.decodeEvent(message.getBody());
    } catch (UnreadableMessageException e) {
      log.atDebug().addKeyValue(LogKeys.REASON, e.getMessage()).log("event dropped");
      return;
    }
    if (event instanceof Heartbeat beat) {
      nodes.hear(beat);
    }
    sinks.forEach(sink -> sink.accept(event));
  }
}
