package io.comfyfleet.bench;

import java.time.Duration;
import java.util.Locale;

/**
 * One planned fault.
 *
 * @param kind what happens
 * @param node number of the node it happens to, from 1; 0 when it is no node's
 * @param at when, from the beginning of the load
 * @param lasts how long until it is undone; zero when it is over at once
 */
record Strike(FaultKind kind, int node, Duration at, Duration lasts) {

  /** For people: when, what, where, how long. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%7.1f s  %-16s %-8s %s",
        at.toMillis() / 1000.0,
        kind.wireName(),
        nodeId(),
        lasts.isZero() ? "" : String.format(Locale.ROOT, "for %.1f s", lasts.toMillis() / 1000.0));
  }

  /** The node's id; empty when it is no node's. */
  String nodeId() {
    return node == 0 ? "" : Machines.nodeId(node);
  }
}
