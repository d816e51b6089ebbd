package io.comfyfleet.worker.intake;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.topology.Sendable;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.IdempotencyKeys;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import java.time.Clock;
import java.util.Date;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;

/** Makes the messages that settle a delivery. */
final class Letters {
  private static final String APP_ID = "comfyfleet";
  // So many always find room once their texts are cut.
  private static final int FEW_OUTPUTS = 500;

  private final MessageCodec codec;
  private final String nodeId;
  private final Clock clock;

  Letters(MessageCodec codec, String nodeId, Clock clock) {
    this.codec = codec;
    this.nodeId = nodeId;
    this.clock = clock;
  }

  Message result(Job job, Result result, Delivery delivery) {
    MessageProperties properties = properties(delivery);
    properties.setMessageId(job.jobId().toString());
    properties.setType("result");
    properties.setPriority(job.priority());
    properties.setReplyTo(null);
    properties.setHeader(MessageHeaders.IDEMPOTENCY_KEY, IdempotencyKeys.of(result));
    return new Message(encoded(result), properties);
  }

  /** Whether the broker takes the result, cut as it may be. */
  boolean isTellable(Result result) {
    if (result.outputs().size() <= FEW_OUTPUTS) {
      return true;
    }
    try {
      encoded(result);
      return true;
    } catch (InvalidMessageException e) {
      return false;
    }
  }

  private byte[] encoded(Result result) {
    try {
      return codec.encode(result);
    } catch (InvalidMessageException tooLarge) {
      return codec.encode(Shortening.of(result));
    }
  }

  /** The job with what became of its last attempt. */
  Message next(Job job, Delivery delivery) {
    return new Message(codec.encode(job), properties(job, delivery));
  }

  /** The same message again, for another queue. */
  Message same(Job job, Delivery delivery) {
    return new Message(delivery.body(), properties(job, delivery));
  }

  private MessageProperties properties(Job job, Delivery delivery) {
    MessageProperties properties = properties(delivery);
    properties.setMessageId(job.jobId().toString());
    properties.setType(job.type().wireName());
    properties.setPriority(job.priority());
    return properties;
  }

  /** The same message, put back to wait because another node has the job in hand. */
  Message deferred(Job job, Delivery delivery) {
    Message message = same(job, delivery);
    message.getMessageProperties().setHeader(Delivery.DEFERRED, true);
    return message;
  }

  /** The same message, with the count of workers' deaths that it has by now. */
  Message givenBack(Job job, Delivery delivery) {
    Message message = deferred(job, delivery);
    long deaths = delivery.deaths() + (delivery.redelivered() ? 1 : 0);
    message.getMessageProperties().setHeader(Delivery.DEATHS, deaths);
    return message;
  }

  /** The same message, which ended with so many workers' deaths. */
  Message counted(Job job, Delivery delivery, long deaths) {
    Message message = same(job, delivery);
    message.getMessageProperties().setHeader(Delivery.DEATHS, deaths);
    return message;
  }

  /**
   * The original bytes with the reason beside them, and with the original's headers, unless they
   * leave no room for that.
   */
  Message dead(Delivery delivery, JobError error) {
    Message letter = dead(delivery, error, delivery.properties().getHeaders());
    return Sendable.fault(Topology.DEAD, "", letter) == null
        ? letter
        : dead(delivery, error, Map.of());
  }

  private Message dead(
      Delivery delivery, JobError error, @Nullable Map<String, Object> originalHeaders) {
    BasicProperties original = delivery.properties();
    MessageProperties properties = properties(delivery);
    if (originalHeaders != null) {
      // The broker's own account of earlier deaths would be taken for this one's, and the mark of a
      // job that may be a repeat for that of a letter that may be one.
      originalHeaders.forEach((name, value) -> {
        if (!name.contains("-death")
            && !name.endsWith("-count")
            && !name.equals(MessageHeaders.REPEATED)
            && properties.getHeader(name) == null) {
          properties.setHeader(name, value);
        }
      });
    }
    properties.setMessageId(original.getMessageId());
    properties.setType(original.getType());
    properties.setPriority(Objects.requireNonNullElse(original.getPriority(), 0));
    properties.setHeader(MessageHeaders.REASON, error.code().wireName());
    properties.setHeader(MessageHeaders.ERROR, error.message());
    properties.setHeader(MessageHeaders.NODE, nodeId);
    properties.setHeader(MessageHeaders.ORIGIN, Topology.laneQueue(delivery.lane()));
    properties.setHeader(MessageHeaders.DIED_AT, clock.instant().toString());
    return new Message(delivery.body(), properties);
  }

  private MessageProperties properties(Delivery delivery) {
    MessageProperties properties = new MessageProperties();
    properties.setContentType(MessageHeaders.CONTENT_TYPE);
    properties.setDeliveryMode(MessageDeliveryMode.PERSISTENT);
    properties.setAppId(APP_ID);
    properties.setTimestamp(Date.from(clock.instant()));
    properties.setCorrelationId(delivery.properties().getCorrelationId());
    properties.setReplyTo(delivery.properties().getReplyTo());
    String traceparent = Traces.current();
    if (traceparent != null) {
      properties.setHeader(Traces.HEADER, traceparent);
    }
    return properties;
  }
}
