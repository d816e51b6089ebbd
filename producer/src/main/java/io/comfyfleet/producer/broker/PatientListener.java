package io.comfyfleet.producer.broker;

import com.rabbitmq.client.Channel;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Takes one message at a time and acknowledges it when the work on it is done. Database or broker
 * away: after a pause the message is given back and comes again. The work must throw nothing else:
 * a message at fault must not stay in the way of the others.
 */
public final class PatientListener implements ChannelAwareMessageListener {
  private final String name;
  private final ConsumerPause pause;
  private final Consumer<Message> work;

  /**
   * @param name of the consumer, for the log
   * @param work what is done with a message; it comes again when the work is cut short
   */
  public PatientListener(String name, ConsumerPause pause, Consumer<Message> work) {
    this.name = name;
    this.pause = pause;
    this.work = work;
  }

  @Override
  public void onMessage(Message message, @Nullable Channel channel) {
    if (channel == null) {
      throw new IllegalStateException("The consumer " + name + " settles by hand");
    }
    try {
      work.accept(message);
      pause.over(name);
    } catch (DataAccessException | TransactionException | AmqpException e) {
      pause.after(name, e);
      Settlement.giveBack(List.of(message), channel);
      return;
    }
    Settlement.ack(List.of(message), channel);
  }
}
