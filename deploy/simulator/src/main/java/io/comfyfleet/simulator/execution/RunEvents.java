package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.event.EventSockets;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sends one prompt's events to whoever may hear them, and keeps those the history records. */
final class RunEvents {
  private static final Set<String> RECORDED =
      Set.of(
          "execution_start",
          "execution_cached",
          "execution_success",
          "execution_error",
          "execution_interrupted");

  private final EventSockets sockets;
  private final QueuedPrompt prompt;
  private final @Nullable String clientId;
  private final ArrayNode messages = JsonMapper.shared().createArrayNode();

  RunEvents(EventSockets sockets, QueuedPrompt prompt) {
    this.sockets = sockets;
    this.prompt = prompt;
    this.clientId = prompt.clientId();
  }

  /** Sends an execution event to the owner; an interrupt without owner goes to all. */
  void execution(String type, ObjectNode data) {
    data.put("prompt_id", prompt.id()).put("timestamp", System.currentTimeMillis());
    if (RECORDED.contains(type)) {
      messages.addArray().add(type).add(data);
    }
    if (clientId != null) {
      sockets.send(type, data, clientId);
    } else if (type.equals("execution_interrupted")) {
      sockets.broadcast(type, data);
    }
  }

  void start() {
    execution("execution_start", JsonMapper.shared().createObjectNode());
  }

  void cached(Iterable<String> nodes) {
    ObjectNode data = JsonMapper.shared().createObjectNode();
    nodes.forEach(data.putArray("nodes")::add);
    execution("execution_cached", data);
  }

  void executing(@Nullable String node) {
    if (clientId == null) {
      return;
    }
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.put("node", node);
    if (node != null) {
      data.put("display_node", node);
    }
    data.put("prompt_id", prompt.id());
    sockets.send("executing", data, clientId);
  }

  void executed(String node, ObjectNode ui) {
    if (clientId == null) {
      return;
    }
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.put("node", node).put("display_node", node).set("output", ui);
    data.put("prompt_id", prompt.id());
    sockets.send("executed", data, clientId);
  }

  /** Sends progress to the owner; without an owner to all. */
  void progress(String type, ObjectNode data) {
    if (clientId != null) {
      sockets.send(type, data, clientId);
    } else {
      sockets.broadcast(type, data);
    }
  }

  void step(Progress progress, String node, double value, double max) {
    progress.update(node, value, max);
    progress("progress_state", progress.state());
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.put("value", value).put("max", max).put("prompt_id", prompt.id()).put("node", node);
    progress("progress", data);
  }

  void preview(int format, byte[] image, String node) {
    ObjectNode metadata = JsonMapper.shared().createObjectNode();
    metadata.put("node_id", node).put("prompt_id", prompt.id()).put("display_node_id", node);
    metadata.putNull("parent_node_id").put("real_node_id", node);
    sockets.preview(format, image, metadata, clientId);
  }

  void error(
      String node, String type, List<String> executed, List<String> left, NodeFailure failure) {
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.put("prompt_id", prompt.id()).put("node_id", node).put("node_type", type);
    executed.forEach(data.putArray("executed")::add);
    data.put("exception_message", failure.message()).put("exception_type", failure.type());
    data.putArray("traceback")
        .add("  File \"/comfyui/execution.py\", line 510, in execute\n    output_data = await f\n");
    ObjectNode inputs = data.putObject("current_inputs");
    for (var input : prompt.graph().path(node).path("inputs").properties()) {
      inputs.putArray(input.getKey()).add(input.getValue().toString());
    }
    ArrayNode outputs = data.putArray("current_outputs");
    executed.forEach(outputs::add);
    outputs.add(node);
    left.forEach(outputs::add);
    execution("execution_error", data);
  }

  void interrupted(String node, String type, List<String> executed) {
    ObjectNode data = JsonMapper.shared().createObjectNode();
    data.put("prompt_id", prompt.id()).put("node_id", node).put("node_type", type);
    executed.forEach(data.putArray("executed")::add);
    execution("execution_interrupted", data);
  }

  JsonNode messages() {
    return messages;
  }
}
