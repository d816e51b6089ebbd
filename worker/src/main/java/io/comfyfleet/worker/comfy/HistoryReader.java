package io.comfyfleet.worker.comfy;

import io.comfyfleet.worker.comfy.PromptEnd.Failure;
import io.comfyfleet.worker.comfy.PromptEnd.How;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads how a prompt ended out of ComfyUI's {@code outputs} and {@code status}, which /history and
 * /api/jobs share. Outputs are collected by shape, not by node type, so that any custom node's
 * files are found.
 */
final class HistoryReader {
  private HistoryReader() {}

  static PromptEnd end(JsonNode outputs, JsonNode status) {
    JsonNode error = null;
    boolean interrupted = false;
    int cached = 0;
    for (JsonNode message : status.path("messages").values()) {
      String event = message.path(0).asString("");
      switch (event) {
        case "execution_error" -> error = message.path(1);
        case "execution_interrupted" -> interrupted = true;
        case "execution_cached" -> cached = message.path(1).path("nodes").size();
        default -> {}
      }
    }
    boolean succeeded = "success".equals(status.path("status_str").asString(""));
    How how = succeeded ? How.SUCCEEDED : interrupted ? How.INTERRUPTED : How.FAILED;
    Failure failure = how == How.FAILED ? failure(error) : null;
    return new PromptEnd(how, outputs(outputs), cached, failure);
  }

  private static Failure failure(@Nullable JsonNode error) {
    if (error == null) {
      return new Failure("", "", "", "ComfyUI told no reason");
    }
    return new Failure(
        error.path("node_id").asString(""),
        error.path("node_type").asString(""),
        error.path("exception_type").asString(""),
        error.path("exception_message").asString("").strip());
  }

  static List<PromptOutput> outputs(JsonNode outputs) {
    List<PromptOutput> found = new ArrayList<>();
    for (Map.Entry<String, JsonNode> node : outputs.properties()) {
      for (Map.Entry<String, JsonNode> entry : node.getValue().properties()) {
        // A list of booleans beside the files of an animated image.
        if (!entry.getKey().equals("animated") && entry.getValue().isArray()) {
          collect(node.getKey(), entry.getKey(), entry.getValue(), found);
        }
      }
    }
    return found;
  }

  private static void collect(String node, String key, JsonNode items, List<PromptOutput> found) {
    for (int i = 0; i < items.size(); i++) {
      JsonNode item = items.path(i);
      if (item.isObject() && item.path("filename").isString()) {
        String type = item.path("type").asString("output");
        if (!type.equals("temp")) {
          found.add(
              new PromptOutput.StoredFile(
                  node,
                  key,
                  i,
                  item.path("filename").asString(),
                  item.path("subfolder").asString(""),
                  type));
        }
      } else if (key.equals("text") && item.isString()) {
        found.add(new PromptOutput.Text(node, item.asString()));
      }
    }
  }
}
