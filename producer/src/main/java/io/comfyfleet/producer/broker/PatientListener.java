package io.comfyfleet.producer.broker;

import com.rabbitmq.client.Channel;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.TransactionException;

/**
 * Takes one message at a time and acknowledges it when the work on it is done. Database or broker
 * away: after a pause the message is given back and comes again. Any other exception is a fault of
 * ours: that message must not stay in the way of the others, and is dealt with apart.
 */
public final class PatientListener implements ChannelAwareMessageListener {
  private final String name;
  private final ConsumerPause pause;
  private final Work work;

  /** What a consumer does. Both throw what tells that database or broker are away. */
  public interface Work {
    /** Deals with a message; it comes again when this is cut short. */
    void take(Message message);

    /** Deals with a message on which {@link #take} failed by a fault of ours. */
    void broken(Message message, RuntimeException fault);
  }

  /**
   * @param name of the consumer, for the log
   * @param work what is done with a message
   */
  public PatientListener(String name, ConsumerPause pause, Work work) {
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
      deal(message);
      pause.over(name);
    } catch (DataAccessException | TransactionException | AmqpException e) {
      pause.after(name, e);
      Settlement.giveBack(List.of(message), channel);
      return;
    }
    Settlement.ack(List.of(message), channel);
  }

  private void deal(Message message) {
    try {
      work.take(message);
    } catch (DataIntegrityViolationException e) {
      // The database is there and refuses this one.
      work.broken(message, e);
    } catch (DataAccessException | TransactionException | AmqpException e) {
      throw e;
    } catch (RuntimeException e) {
      work.broken(message, e);
    }
  }
}
