package io.comfyfleet.simulator.execution;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a node made.
 *
 * @param values its outputs, one per slot
 * @param ui what it shows in {@code outputs} of the history; null for nothing
 * @param previews PNG images it sent to the socket instead of saving them
 */
record NodeResult(List<Object> values, @Nullable ObjectNode ui, List<byte[]> previews) {

  static NodeResult of(Object... values) {
    return new NodeResult(List.of(values), null, List.of());
  }

  static NodeResult shown(ObjectNode ui) {
    return new NodeResult(List.of(), ui, List.of());
  }
}
