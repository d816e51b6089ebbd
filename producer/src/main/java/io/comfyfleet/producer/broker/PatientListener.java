package io.comfyfleet.producer.broker;

import com.rabbitmq.client.Channel;
import io.comfyfleet.telemetry.LogKeys;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;

/**
 * Takes one message at a time and acknowledges it when the work on it is done. Database or broker
 * away: after a pause the message is given back and comes again. Any other exception is a fault of
 * ours: that message must not stay in the way of the others, and is dealt with apart. It comes
 * again when that fails, too: no delivery stays unsettled.
 */
public final class PatientListener implements ChannelAwareMessageListener {
  private static final Logger log = LoggerFactory.getLogger(PatientListener.class);

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
    } catch (RuntimeException e) {
      if (!Outage.is(e)) {
        log.atError()
            .addKeyValue(LogKeys.QUEUE, name)
            .setCause(e)
            .log("message can be dealt with in no way; it comes again");
      }
      // A delivery that nobody settles is held until the connection ends, and all behind it.
      pause.after(name, e);
      Settlement.giveBack(List.of(message), channel);
      return;
    }
    Settlement.ack(List.of(message), channel);
  }

  private void deal(Message message) {
    try {
      work.take(message);
    } catch (RuntimeException e) {
      if (Outage.is(e)) {
        throw e;
      }
      work.broken(message, e);
    }
  }
}
