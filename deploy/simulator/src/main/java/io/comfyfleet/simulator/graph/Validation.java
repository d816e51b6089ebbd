package io.comfyfleet.simulator.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The verdict on a posted graph.
 *
 * @param error the {@code error} object of a 400; null when at least one output is valid
 * @param outputs the ids of the valid output nodes
 * @param nodeErrors the {@code node_errors} object, which may be filled even without an error
 */
public record Validation(@Nullable ObjectNode error, List<String> outputs, ObjectNode nodeErrors) {

  /** Copies the list. */
  public Validation {
    outputs = List.copyOf(outputs);
  }
}
