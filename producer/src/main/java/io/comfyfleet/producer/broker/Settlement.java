package io.comfyfleet.producer.broker;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.List;
import org.springframework.amqp.AmqpIOException;
import org.springframework.amqp.core.Message;

/** Acknowledging by hand. A channel that is gone has given everything back already. */
public final class Settlement {
  private Settlement() {}

  /** These are done; the broker may forget them. They must be all that the channel has open. */
  public static void ack(List<Message> batch, Channel channel) {
    try {
      channel.basicAck(batch.getLast().getMessageProperties().getDeliveryTag(), true);
    } catch (IOException e) {
      throw new AmqpIOException(e);
    }
  }

  /** Each by itself: some are done, the others come again. */
  public static void settle(List<Message> done, List<Message> again, Channel channel) {
    try {
      for (Message message : done) {
        channel.basicAck(message.getMessageProperties().getDeliveryTag(), false);
      }
      for (Message message : again) {
        channel.basicNack(message.getMessageProperties().getDeliveryTag(), false, true);
      }
    } catch (IOException e) {
      throw new AmqpIOException(e);
    }
  }

  /** Not now: back into the queue, not counted as a failure from RabbitMQ 4.3 on. */
  public static void giveBack(List<Message> batch, Channel channel) {
    try {
      channel.basicNack(batch.getLast().getMessageProperties().getDeliveryTag(), true, true);
    } catch (IOException e) {
      throw new AmqpIOException(e);
    }
  }
}
