package io.comfyfleet.worker.node;

import io.comfyfleet.telemetry.MetricNames;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** What the node is doing, as figures that are read when somebody asks. */
final class NodeMetrics {
  NodeMetrics(Node node, MeterRegistry registry) {
    Gauge.builder(MetricNames.SLOTS, node, Node::slots)
        .description("Jobs that the node may run at once")
        .register(registry);
    Gauge.builder(MetricNames.SLOTS_USED, node, each -> each.inHand().size())
        .description("Jobs that the node has in hand")
        .register(registry);
    Gauge.builder(MetricNames.NODE_READY, node, each -> each.takesJobs() ? 1 : 0)
        .description("1 when the node takes jobs")
        .register(registry);
  }
}
