package io.comfyfleet.worker.intake;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionBlockedEvent;
import org.springframework.amqp.rabbit.connection.ConnectionUnblockedEvent;
import org.springframework.context.event.EventListener;

/**
 * The connections on which the broker takes nothing at present, because it is short of memory or
 * disk: what was written to one is neither lost nor refused, and not to be written again.
 * Thread-safe.
 */
final class BlockedConnections {
  private final Set<Connection> blocked = ConcurrentHashMap.newKeySet();

  @EventListener
  void blocked(ConnectionBlockedEvent event) {
    blocked.add(event.getConnection());
  }

  @EventListener
  void unblocked(ConnectionUnblockedEvent event) {
    blocked.remove(event.getConnection());
  }

  /** Whether there is one. */
  boolean isAny() {
    blocked.removeIf(connection -> !connection.isOpen());
    return !blocked.isEmpty();
  }
}
