package io.comfyfleet.node;

/**
 * Something a node tells on {@code fleet.events}. Transient: nobody may rely on getting every one.
 * On the wire {@code kind} is {@code heartbeat} or {@code progress}.
 */
public sealed interface FleetEvent permits Heartbeat, JobProgress {
  /** The node that tells. */
  String nodeId();
}
