package io.comfyfleet.worker.intake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * How many deliveries of each lane the node may hold. Thread-safe. A loop takes a permit of a lane
 * before it asks the broker for a delivery of it.
 */
final class LaneTurns {
  private final List<String> lanes;
  private final Map<String, Semaphore> permits = new LinkedHashMap<>();

  /**
   * @param laneSlots lanes and how many slots each may use
   * @param lookAhead deliveries held beyond the slots
   */
  LaneTurns(Map<String, Integer> laneSlots, int lookAhead) {
    lanes = List.copyOf(laneSlots.keySet());
    laneSlots.forEach((lane, slots) -> permits.put(lane, new Semaphore(slots + lookAhead)));
  }

  /** The lanes, in the order of the settings. */
  List<String> lanes() {
    return lanes;
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
        if (depth.waiting(lane) > 0 && permits.get(lane).tryAcquire()) {
          return lane;
        }
      }
    }
    for (String lane : order.reversed()) {
      if (permits.get(lane).tryAcquire()) {
        return lane;
      }
    }
    return null;
  }

  /** Whether messages wait in another lane that has a permit left. */
  boolean isElsewhere(String lane, Depth depth) throws IOException {
    for (String other : lanes) {
      if (!other.equals(lane)
          && permits.get(other).availablePermits() > 0
          && depth.waiting(other) > 0) {
        return true;
      }
    }
    return false;
  }

  private List<String> after(@Nullable String last) {
    List<String> order = new ArrayList<>(lanes);
    Collections.rotate(order, last == null ? 0 : -(lanes.indexOf(last) + 1));
    return order;
  }

  void release(String lane) {
    permits.get(lane).release();
  }
}
