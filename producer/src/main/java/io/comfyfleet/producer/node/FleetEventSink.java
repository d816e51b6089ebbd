package io.comfyfleet.producer.node;

import io.comfyfleet.node.FleetEvent;

/** Whoever wants to see heartbeats and progress. Every bean of this type is told. */
public interface FleetEventSink {
  /** Takes one event. Called on the consumer's thread, in order; must not block. */
  void accept(FleetEvent event);
}
