package io.comfyfleet.producer.node;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an operator wants of a node over its restarts.
 *
 * @param paused take no jobs
 * @param slots jobs at once; null: as the worker is set up
 * @param lanes lanes served, and the slots for each; null: as the worker is set up
 */
record NodeWish(boolean paused, @Nullable Integer slots, @Nullable Map<String, Integer> lanes) {
  static final NodeWish NONE = new NodeWish(false, null, null);

  NodeWish withPaused(boolean wish) {
    return new NodeWish(wish, slots, lanes);
  }

  NodeWish withSlots(@Nullable Integer wish) {
    return new NodeWish(paused, wish, lanes);
  }

  NodeWish withLanes(@Nullable Map<String, Integer> wish) {
    return new NodeWish(paused, slots, wish);
  }

  /** The words that a node which tells this has yet to hear; empty when it does as wished. */
  List<ControlMessage> missing(Heartbeat beat) {
    List<ControlMessage> words = new ArrayList<>();
    if (beat.state() == NodeState.OFFLINE || beat.state() == NodeState.DRAINING) {
      return words;
    }
    // A node that starts or is unhealthy does not tell whether it is paused; once more does no
    // harm.
    if (paused && beat.state() != NodeState.PAUSED) {
      words.add(new ControlMessage.Pause());
    }
    if (slots != null && slots != beat.slots()) {
      words.add(new ControlMessage.Slots(slots));
    }
    if (lanes != null && !lanes.equals(beat.lanes())) {
      words.add(new ControlMessage.Lanes(lanes));
    }
    return words;
  }
}
