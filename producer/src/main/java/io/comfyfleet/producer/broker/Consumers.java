package io.comfyfleet.producer.broker;

import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/** How this program consumes: every default of Spring AMQP that does not suit it, in one place. */
public final class Consumers {
  private Consumers() {}

  /** A consumer that listens for as long as the process lives, whatever becomes of the broker. */
  public static SimpleMessageListenerContainer lasting(ConnectionFactory connections) {
    SimpleMessageListenerContainer container = new SimpleMessageListenerContainer(connections);
    // Queues are declared on connecting; a broker that is away is no reason to give up.
    container.setMissingQueuesFatal(false);
    // A user or its password may be set while we wait, and a restarting broker may refuse a login.
    container.setPossibleAuthenticationFailureFatal(false);
    container.setDefaultRequeueRejected(false);
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
}
