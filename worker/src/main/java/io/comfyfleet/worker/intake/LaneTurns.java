package io.comfyfleet.worker.intake;

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

  /** The lanes, in the order of their turns. */
  List<String> lanes() {
    return lanes;
  }

  /**
   * The lane after that one that has a permit left, which is then taken.
   *
   * @param after the lane of the last turn; null before the first
   * @return null when no lane has a permit
   */
  @Nullable String take(@Nullable String after) {
    int start = after == null ? 0 : lanes.indexOf(after) + 1;
    for (int i = 0; i < lanes.size(); i++) {
      String lane = lanes.get((start + i) % lanes.size());
      if (permits.get(lane).tryAcquire()) {
        return lane;
      }
    }
    return null;
  }

  void release(String lane) {
    permits.get(lane).release();
  }
}
