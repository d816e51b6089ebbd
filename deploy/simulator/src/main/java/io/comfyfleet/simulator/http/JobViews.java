package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.graph.ServerTrouble;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The job objects of {@code /api/jobs}. */
final class JobViews {
  private static final Set<String> MEDIA = Set.of("images", "gifs", "audio", "video", "3d");

  private JobViews() {}

  static ObjectNode waiting(QueuedPrompt prompt, String status) {
    ObjectNode job = Reply.object();
    job.put("id", prompt.id()).put("status", status).set("priority", prompt.number());
    job.set("create_time", prompt.extraData().path("create_time"));
    return job.put("outputs_count", 0).put("previewable_outputs_count", 0);
  }

  /**
   * Makes a job of a history entry.
   *
   * @param whole whether outputs, status and workflow are included
   */
  static ObjectNode finished(ObjectNode entry, boolean whole) {
    JsonNode prompt = entry.path("prompt");
    JsonNode messages = entry.path("status").path("messages");
    ObjectNode job = Reply.object();
    job.set("id", prompt.get(1));
    job.put("status", status(entry, messages)).set("priority", prompt.get(0));
    job.set("create_time", prompt.path(3).path("create_time"));
    job.set("execution_start_time", messages.path(0).path(1).path("timestamp"));
    JsonNode last = messages.path(messages.size() - 1);
    job.set("execution_end_time", last.path(1).path("timestamp"));
    if (last.path(0).asString("").equals("execution_error")) {
      job.set("execution_error", last.get(1));
    }
    countOutputs(entry, job);
    addWorkflowId(prompt.path(3), job);
    if (whole) {
      job.set("outputs", entry.get("outputs"));
      job.set("execution_status", entry.get("status"));
      ObjectNode workflow = job.putObject("workflow");
      workflow.set("prompt", prompt.get(2));
      workflow.set("extra_data", prompt.get(3));
    }
    return job;
  }

  /**
   * Copies the id of the editor's workflow, when the poster sent one.
   *
   * @throws ServerTrouble when {@code extra_pnginfo} is null, as the real server stumbles over it
   */
  private static void addWorkflowId(JsonNode extraData, ObjectNode job) {
    JsonNode info = extraData.path("extra_pnginfo");
    if (info.isNull()) {
      throw new ServerTrouble("'NoneType' object has no attribute 'get'");
    }
    JsonNode id = info.path("workflow").get("id");
    if (id != null) {
      job.set("workflow_id", id);
    }
  }

  private static String status(ObjectNode entry, JsonNode messages) {
    if (entry.path("status").path("status_str").asString("").equals("success")) {
      return "completed";
    }
    for (JsonNode message : messages) {
      if (message.path(0).asString("").equals("execution_interrupted")) {
        return "cancelled";
      }
    }
    return "failed";
  }

  private static void countOutputs(ObjectNode entry, ObjectNode job) {
    int count = 0;
    ObjectNode preview = null;
    for (var node : entry.path("outputs").properties()) {
      for (var output : node.getValue().properties()) {
        if (output.getKey().equals("animated")) {
          continue;
        }
        for (JsonNode item : output.getValue()) {
          count += MEDIA.contains(output.getKey()) ? 1 : 0;
          preview = better(preview, item, node.getKey(), output.getKey());
        }
      }
    }
    job.put("outputs_count", count).put("previewable_outputs_count", count);
    if (preview != null) {
      job.set("preview_output", preview);
    }
  }

  private static @Nullable ObjectNode better(
      @Nullable ObjectNode known, JsonNode item, String node, String kind) {
    boolean saved = item.path("type").asString("").equals("output");
    if (known != null && (known.path("type").asString("").equals("output") || !saved)) {
      return known;
    }
    ObjectNode preview =
        item.isObject()
            ? (ObjectNode) item.deepCopy()
            : Reply.object().put("content", item.asString(""));
    preview.put("nodeId", node).put("mediaType", kind);
    return preview;
  }
}
