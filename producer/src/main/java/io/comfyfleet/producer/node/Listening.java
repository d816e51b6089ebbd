package io.comfyfleet.producer.node;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.ConsumeOkEvent;
import org.springframework.amqp.rabbit.listener.ListenerContainerConsumerFailedEvent;
import org.springframework.context.event.EventListener;

/**
 * Since when this producer hears the nodes without a gap. Before it has listened for a while, that
 * nobody tells of a job, or of being able to do it, means nothing. Thread-safe.
 */
public class Listening {
  private final NodeSettings settings;
  private final String queue;
  private final InstantSource clock;
  private volatile @Nullable Instant since;
  private volatile Instant notBefore = Instant.EPOCH;

  /**
   * @param queue the queue on which this producer hears the nodes
   */
  Listening(NodeSettings settings, String queue, InstantSource clock) {
    this.settings = settings;
    this.queue = queue;
    this.clock = clock;
  }

  /** Whether every live node has had the time to tell what it does. */
  public boolean longEnough() {
    Instant began = since;
    Instant from = notBefore;
    return began != null
        && !(from.isAfter(began) ? from : began)
            .plus(settings.settleAfter())
            .isAfter(clock.instant());
  }

  /**
   * What nodes told may have been lost, and what they sent may still wait unread: silence means
   * nothing until they have had the time once more.
   *
   * @param delay how long it may take until what waits is read
   */
  public void beginAnew(Duration delay) {
    notBefore = clock.instant().plus(delay);
  }

  /** The broker's own word: a container tells that it started, but not that it connected again. */
  @EventListener
  void began(ConsumeOkEvent event) {
    if (event.getQueue().equals(queue)) {
      since = clock.instant();
    }
  }

  @EventListener
  void broke(ListenerContainerConsumerFailedEvent event) {
    if (event.getSource() instanceof AbstractMessageListenerContainer container
        && Arrays.asList(container.getQueueNames()).contains(queue)) {
      since = null;
    }
  }
}
