package io.comfyfleet.producer.telemetry;

import io.comfyfleet.node.NodeState;
import io.comfyfleet.producer.node.NodeView;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.telemetry.MetricNames;
import io.comfyfleet.topology.Topology;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/**
 * Adds up for how long slots were free while a job waited that they could have taken: what a fleet
 * that pulls should never show. Called by one thread.
 */
@Component
class IdleSlots {
  private final Nodes nodes;
  private final MetricsSettings settings;
  private final Counter idle;

  IdleSlots(Nodes nodes, MetricsSettings settings, MeterRegistry registry) {
    this.nodes = nodes;
    this.settings = settings;
    idle =
        Counter.builder(MetricNames.GPU_IDLE)
            .baseUnit("seconds")
            .description("Seconds times free slots while a job waits that they could take")
            .register(registry);
  }

  /** Counts the time since the last look. */
  void count(Look look) {
    idle.increment(slots(nodes.all(), look, settings.idleAfter()) * seconds(settings.interval()));
  }

  /** Free slots that a job waits for, and never more than jobs wait. */
  static double slots(List<NodeView> nodes, Look look, Duration idleAfter) {
    double slots = 0;
    double jobs = 0;
    for (Map.Entry<String, Double> lane : look.oldest().entrySet()) {
      if (lane.getValue() > seconds(idleAfter)) {
        jobs += look.depth(Topology.laneQueue(lane.getKey()));
      }
    }
    for (NodeView node : nodes) {
      if (node.status() == NodeState.ONLINE) {
        slots += Math.min(node.slots() - node.jobs().size(), useful(node, look, idleAfter));
      }
    }
    return Math.min(slots, jobs);
  }

  private static int useful(NodeView node, Look look, Duration idleAfter) {
    return node.lanes().entrySet().stream()
        .filter(lane -> look.oldest(lane.getKey()) > seconds(idleAfter))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
