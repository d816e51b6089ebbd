package io.comfyfleet.worker.intake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many deliveries of each lane the node may hold. Thread-safe. A loop takes a permit of a lane
 * before it asks the broker for a delivery of it.
 */
final class LaneTurns {
  private final int lookAhead;
  private final Map<String, Integer> held = new HashMap<>();
  private Map<String, Integer> laneSlots;

  /**
   * @param laneSlots lanes and how many slots each may use
   * @param lookAhead deliveries held beyond the slots
   */
  LaneTurns(Map<String, Integer> laneSlots, int lookAhead) {
    this.laneSlots = laneSlots;
    this.lookAhead = lookAhead;
  }

  /** Serves these lanes from now on; what is held of another is held until it is released. */
  synchronized void serve(Map<String, Integer> laneSlots) {
    this.laneSlots = laneSlots;
  }

  /** The lanes, in the order in which they are looked at. */
  synchronized List<String> lanes() {
    return List.copyOf(laneSlots.keySet());
  }

  /** How many messages wait in a lane's queue. */
  interface Depth {
    long waiting(String lane) throws IOException;
  }

  /**
   * The first lane after that one in which messages wait and a permit is left, which is then taken;
   * that one itself comes last. When none waits anywhere, that one again, or any with a permit.
   *
   * @param last the lane of the last turn; null before the first
   * @return null when no lane has a permit
   */
  @Nullable String take(@Nullable String last, Depth depth) throws IOException {
    List<String> order = after(last);
    if (order.size() > 1) {
      for (String lane : order) {
        if (depth.waiting(lane) > 0 && acquire(lane)) {
          return lane;
        }
      }
    }
    for (String lane : order.reversed()) {
      if (acquire(lane)) {
        return lane;
      }
    }
    return null;
  }

  /**
   * Whether messages wait in another lane that has a permit left, or the lane is not served any
   * more.
   */
  boolean isElsewhere(String lane, Depth depth) throws IOException {
    List<String> lanes = lanes();
    if (!lanes.contains(lane)) {
      return true;
    }
    for (String other : lanes) {
      if (!other.equals(lane) && hasPermit(other) && depth.waiting(other) > 0) {
        return true;
      }
    }
    return false;
  }

  private List<String> after(@Nullable String last) {
    List<String> lanes = lanes();
    List<String> order = new ArrayList<>(lanes);
    Collections.rotate(order, last == null ? 0 : -(lanes.indexOf(last) + 1));
    return order;
  }

  synchronized void release(String lane) {
    held.merge(lane, -1, Integer::sum);
  }

  private synchronized boolean acquire(String lane) {
    if (!hasPermit(lane)) {
      return false;
    }
    held.merge(lane, 1, Integer::sum);
    return true;
  }

  private synchronized boolean hasPermit(String lane) {
    Integer slots = laneSlots.get(lane);
    return slots != null && held.getOrDefault(lane, 0) < slots + lookAhead;
  }
}
