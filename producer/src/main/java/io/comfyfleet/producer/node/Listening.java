package io.comfyfleet.producer.node;

import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.AsyncConsumerStartedEvent;
import org.springframework.amqp.rabbit.listener.ListenerContainerConsumerFailedEvent;
import org.springframework.context.event.EventListener;

/**
 * Since when this producer hears the nodes without a gap. Before it has listened for a while, that
 * nobody tells of a job, or of being able to do it, means nothing. Thread-safe.
 */
public class Listening {
  private final NodeSettings settings;
  private final InstantSource clock;
  private volatile @Nullable Instant since;

  Listening(NodeSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** Whether every live node has had the time to tell what it does. */
  public boolean longEnough() {
    Instant began = since;
    return began != null && !began.plus(settings.settleAfter()).isAfter(clock.instant());
  }

  @EventListener
  void began(AsyncConsumerStartedEvent event) {
    if (ours(event.getSource())) {
      since = clock.instant();
    }
  }

  @EventListener
  void broke(ListenerContainerConsumerFailedEvent event) {
    if (ours(event.getSource())) {
      since = null;
    }
  }

  private static boolean ours(Object source) {
    return source instanceof AbstractMessageListenerContainer container
        && NodeConfiguration.EVENTS_LISTENER.equals(container.getListenerId());
  }
}
