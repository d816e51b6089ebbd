package io.comfyfleet.simulator.execution;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The {@code progress_state} of one prompt: every node that has started. */
final class Progress {
  private final String promptId;
  private final ObjectNode nodes = JsonMapper.shared().createObjectNode();

  Progress(String promptId) {
    this.promptId = promptId;
  }

  void start(String node) {
    set(node, 0.0, 1.0, "running");
  }

  void update(String node, double value, double max) {
    set(node, value, max, "running");
  }

  /** Ends a node at its own maximum. */
  void finish(String node) {
    JsonNode known = nodes.get(node);
    if (known == null) {
      set(node, 1, 1, "finished");
    } else {
      double max = known.path("max").asDouble(1);
      set(node, max, max, "finished");
    }
  }

  /** Returns the data of a {@code progress_state} event. */
  ObjectNode state() {
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.put("prompt_id", promptId).set("nodes", nodes.deepCopy());
    return data;
  }

  private void set(String node, double value, double max, String state) {
    ObjectNode entry = nodes.putObject(node);
    entry.put("value", value).put("max", max).put("state", state).put("node_id", node);
    entry.put("prompt_id", promptId).put("display_node_id", node);
    entry.putNull("parent_node_id").put("real_node_id", node);
  }
}
