package io.comfyfleet.producer.telemetry;

import io.comfyfleet.node.NodeState;
import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.telemetry.MetricNames;
import io.comfyfleet.topology.Topology;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.springframework.stereotype.Component;

/** Shows what the last look saw, and the nodes as they are known now. */
@Component
class FleetGauges implements MeterBinder {
  private static final String SECONDS = "seconds";

  private final FleetLook look;
  private final Lanes lanes;
  private final Nodes nodes;

  FleetGauges(FleetLook look, Lanes lanes, Nodes nodes) {
    this.look = look;
    this.lanes = lanes;
    this.nodes = nodes;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (String lane : lanes.names()) {
      seen(MetricNames.QUEUE_DEPTH, last -> last.depth(Topology.laneQueue(lane)))
          .tag("lane", lane)
          .register(registry);
      seen(MetricNames.QUEUE_OLDEST, last -> last.oldest(lane))
          .baseUnit(SECONDS)
          .tag("lane", lane)
          .register(registry);
      Gauge.builder(MetricNames.LANE_NODES, nodes, all -> all.taking(lane))
          .tag("lane", lane)
          .register(registry);
    }
    for (NodeState state : NodeState.values()) {
      Gauge.builder(MetricNames.NODES, nodes, all -> in(all, state))
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    seen(MetricNames.DEAD_DEPTH, last -> last.depth(Topology.DEAD)).register(registry);
    seen(MetricNames.RESULTS_DEPTH, last -> last.depth(Topology.RESULTS)).register(registry);
    seen(MetricNames.OUTBOX_DEPTH, Look::outboxDepth).register(registry);
    seen(MetricNames.OUTBOX_LAG, Look::outboxLag).baseUnit(SECONDS).register(registry);
  }

  private Gauge.Builder<FleetLook> seen(String name, ToDoubleFunction<Look> value) {
    return Gauge.builder(name, look, each -> value.applyAsDouble(each.last()));
  }

  private static double in(Nodes nodes, NodeState state) {
    return nodes.all().stream().filter(node -> node.status() == state).count();
  }
}
