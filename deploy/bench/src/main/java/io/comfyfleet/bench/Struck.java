package io.comfyfleet.bench;

import java.time.Instant;

/**
 * A fault that did strike.
 *
 * @param kind what happened
 * @param nodeId the node it happened to; empty when it is no node's
 * @param begun when it struck; for an armed one, when it met a prompt
 * @param ended when it was undone; as {@code begun} when it was over at once
 */
record Struck(FaultKind kind, String nodeId, Instant begun, Instant ended) {

  /** Whether it may have touched something that went on at that node from then to then. */
  boolean touches(String node, Instant from, Instant to) {
    boolean here = nodeId.isEmpty() || nodeId.equals(node);
    return here && !begun.minusSeconds(1).isAfter(to) && !ended.plusSeconds(1).isBefore(from);
  }
}
