package io.comfyfleet.producer.broker;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.batch.SimpleBatchingStrategy;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.support.DefaultMessagePropertiesConverter;

/** How this program consumes: every default of Spring AMQP that does not suit it, in one place. */
public final class Consumers {
  private static final int NON_PERSISTENT = 1;
  private static final int PERSISTENT = 2;

  private Consumers() {}

  /** A consumer that listens for as long as the process lives, whatever becomes of the broker. */
  public static SimpleMessageListenerContainer lasting(ConnectionFactory connections) {
    SimpleMessageListenerContainer container = new SimpleMessageListenerContainer(connections);
    // Queues are declared on connecting; a broker that is away is no reason to give up.
    container.setMissingQueuesFatal(false);
    // A user or its password may be set while we wait, and a restarting broker may refuse a login.
    container.setPossibleAuthenticationFailureFatal(false);
    container.setDefaultRequeueRejected(false);
    container.setMessagePropertiesConverter(new TolerantProperties());
    container.setBatchingStrategy(new NoBatches());
    return container;
  }

  /** A consumer of a durable queue that settles by hand, one message at a time. */
  public static SimpleMessageListenerContainer settling(
      ConnectionFactory connections, String queue, MessageListener listener) {
    SimpleMessageListenerContainer container = lasting(connections);
    container.setQueueNames(queue);
    container.setMessageListener(listener);
    container.setAcknowledgeMode(AcknowledgeMode.MANUAL);
    // What is prefetched waits unordered behind what is at work.
    container.setPrefetchCount(1);
    return container;
  }

  /** RabbitMQ takes any delivery mode and keeps it; Spring's converter throws for all but two. */
  private static final class TolerantProperties extends DefaultMessagePropertiesConverter {
    @Override
    public MessageProperties toMessageProperties(
        BasicProperties source, @Nullable Envelope envelope, String charset) {
      Integer mode = source.getDeliveryMode();
      boolean known = mode == null || mode == NON_PERSISTENT || mode == PERSISTENT;
      // As the broker does.
      return super.toMessageProperties(
          known ? source : source.builder().deliveryMode(NON_PERSISTENT).build(),
          envelope,
          charset);
    }
  }

  /**
   * By a header that anybody may set, Spring takes a message apart into several with one delivery
   * tag: the first acknowledgement would remove all of them, and a body that is no batch would
   * never be settled.
   */
  private static final class NoBatches extends SimpleBatchingStrategy {
    NoBatches() {
      super(0, 0, 0);
    }

    @Override
    public boolean canDebatch(MessageProperties properties) {
      return false;
    }
  }
}
