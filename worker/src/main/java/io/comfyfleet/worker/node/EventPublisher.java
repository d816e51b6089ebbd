package io.comfyfleet.worker.node;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Duration;
import java.util.Date;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/**
 * Publishes events nobody may rely on. Never blocks the caller: events wait in a short line, and
 * the oldest are dropped when the broker takes none. Thread-safe.
 */
final class EventPublisher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EventPublisher.class);
  private static final int LINE_LENGTH = 64;
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

  private final RabbitTemplate template;
  private final MessageCodec codec;
  private final ThreadPoolExecutor line =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(LINE_LENGTH),
          Thread.ofVirtual().name("events").factory(),
          new ThreadPoolExecutor.DiscardOldestPolicy());

  EventPublisher(RabbitTemplate template, MessageCodec codec) {
    this.template = template;
    this.codec = codec;
  }

  void publish(FleetEvent event) {
    line.execute(() -> send(event));
  }

  /** Tells one node, or all, something on {@code fleet.control}. */
  void tell(String routingKey, ControlMessage word) {
    line.execute(() -> send(Topology.CONTROL, routingKey, "control", codec.encode(word)));
  }

  /** Lets what is in the line go out, for a short while. */
  @Override
  public void close() {
    line.shutdown();
    try {
      line.awaitTermination(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(FleetEvent event) {
    String key =
        switch (event) {
          case Heartbeat heartbeat -> Topology.heartbeatKey(heartbeat.nodeId());
          case JobProgress progress -> Topology.progressKey(progress.runId());
        };
    String type = event instanceof Heartbeat ? "heartbeat" : "progress";
    send(Topology.EVENTS, key, type, codec.encode(event));
  }

  private void send(String exchange, String key, String type, byte[] body) {
    MessageProperties properties = new MessageProperties();
    properties.setContentType(MessageHeaders.CONTENT_TYPE);
    properties.setType(type);
    properties.setAppId("comfyfleet");
    properties.setTimestamp(new Date());
    properties.setPriority(0);
    properties.setDeliveryMode(MessageDeliveryMode.NON_PERSISTENT);
    try {
      template.send(exchange, key, new Message(body, properties));
    } catch (RuntimeException e) {
      // Also the client's own, when the connection ends just now. An event may be lost.
      log.atDebug().setCause(e).log("event not published");
    }
  }
}
