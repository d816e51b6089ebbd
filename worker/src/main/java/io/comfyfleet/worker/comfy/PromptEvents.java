package io.comfyfleet.worker.comfy;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Turns the websocket's messages of one prompt into hints and progress. */
final class PromptEvents {
  private final PromptSink sink;
  private final Set<String> done = new HashSet<>();

  PromptEvents(PromptSink sink) {
    this.sink = sink;
  }

  void hint() {
    sink.hint();
  }

  void take(SocketMessage message) {
    switch (message.type()) {
      case "execution_cached" -> {
        message.data().path("nodes").values().forEach(node -> done.add(node.asString("")));
        sink.progress(done.size(), "");
      }
      case "progress_state" -> state(message.data().path("nodes"));
      case "executing" -> {
        // The end of the prompt, however it ended; the history is written by now.
        if (message.data().path("node").isNull()) {
          sink.ended();
        } else {
          sink.progress(done.size(), message.data().path("node").asString(""));
        }
      }
      // Not execution_success and its like: the history mostly is not written by then.
      default -> {}
    }
  }

  private void state(JsonNode nodes) {
    double running = 0;
    String current = "";
    for (Map.Entry<String, JsonNode> node : nodes.properties()) {
      String state = node.getValue().path("state").asString("");
      if (state.equals("finished")) {
        done.add(node.getKey());
      } else if (state.equals("running")) {
        double max = node.getValue().path("max").asDouble(1);
        running += max > 0 ? Math.min(1, node.getValue().path("value").asDouble(0) / max) : 0;
        current = node.getKey();
      }
    }
    sink.progress(done.size() + running, current);
  }
}
