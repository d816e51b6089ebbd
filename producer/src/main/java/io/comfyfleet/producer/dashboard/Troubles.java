package io.comfyfleet.producer.dashboard;

import io.comfyfleet.producer.node.NodeView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Finds what is wrong with the fleet. */
final class Troubles {
  private Troubles() {}

  /** All troubles, what stands still first. */
  static List<Trouble> of(FleetQueues queues, List<NodeView> nodes) {
    List<Trouble> troubles = new ArrayList<>();
    if (!queues.brokerReachable()) {
      troubles.add(Trouble.error("broker", "/queues"));
    }
    for (FleetQueues.Lane lane : queues.lanes()) {
      if (lane.noServer() && lane.waiting() > 0) {
        troubles.add(Trouble.error("unserved", "/queues", lane.waiting(), lane.lane()));
      }
    }
    nodes.forEach(node -> add(node, troubles));
    Long dead = queues.dead();
    if (dead != null && dead > 0) {
      troubles.add(Trouble.warning("dead", "/dead", dead));
    }
    troubles.sort(Comparator.comparing(Trouble::severity));
    return troubles;
  }

  private static void add(NodeView node, List<Trouble> troubles) {
    String reason = node.reason();
    switch (node.status()) {
      case UNHEALTHY ->
          troubles.add(
              Trouble.error("unhealthy", "/nodes", node.id(), reason == null ? "" : reason));
      // A node that said goodbye gives no reason: that was meant.
      case OFFLINE -> {
        if (reason != null) {
          troubles.add(Trouble.warning("offline", "/nodes", node.id(), reason));
        }
      }
      case PAUSED -> troubles.add(Trouble.warning("paused", "/nodes", node.id()));
      case STARTING, ONLINE, BUSY, DRAINING -> {}
    }
  }
}
