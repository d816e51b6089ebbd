package io.comfyfleet.node;

/** What a node is doing. On the wire the name in lower case. */
public enum NodeState {
  /** The worker runs; ComfyUI or the broker is not there yet. It takes no jobs. */
  STARTING,
  /** Ready, with a free slot. */
  ONLINE,
  /** Ready, every slot in use. */
  BUSY,
  /** An operator stopped it from taking jobs; what runs goes on. */
  PAUSED,
  /** It takes no more jobs and exits when what runs has ended. */
  DRAINING,
  /** ComfyUI does not do its work; the node takes no jobs until it has proved itself. */
  UNHEALTHY,
  /** Three heartbeats were missed, or the worker said goodbye. Never sent, except as goodbye. */
  OFFLINE
}
