package io.comfyfleet.simulator.wrapper;

import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One job of the wrapper, from its request to its end. */
final class WrappedJob {
  private final String id;
  private final Kind kind;
  private final Promise<Void> end = Promise.promise();
  private final List<Output> outputs = new ArrayList<>();
  private final long accepted = System.nanoTime();
  private long begun;
  private long ended;
  private @Nullable String error;
  private int errorStatus;

  /**
   * @param id also ComfyUI's prompt id
   */
  WrappedJob(String id, Kind kind) {
    this.id = id;
    this.kind = kind;
  }

  /**
   * A file as ComfyUI names it.
   *
   * @param node the graph's node that saved it
   */
  record Output(String node, String filename, String subfolder, String type) {}

  String id() {
    return id;
  }

  Kind kind() {
    return kind;
  }

  List<Output> outputs() {
    return outputs;
  }

  /** Completes when the job has ended, however. */
  Promise<Void> end() {
    return end;
  }

  /** HTTP status that tells how it ended; 200 when it has succeeded. */
  int httpStatus() {
    return error == null ? 200 : errorStatus;
  }

  boolean isDone() {
    return ended != 0;
  }

  /** It is the first in its ComfyUI now. */
  void begin() {
    begun = System.nanoTime();
  }

  void fail(int status, String message) {
    if (!isDone()) {
      errorStatus = status;
      error = message;
      finish();
    }
  }

  /**
   * @param entry ComfyUI's history entry of it
   */
  void finish(JsonNode entry) {
    if (!entry.at("/status/status_str").asString("success").equals("success")) {
      JsonNode last = entry.at("/status/messages").path(entry.at("/status/messages").size() - 1);
      fail(500, "ComfyUI could not run it: " + last.path(1).path("exception_message").asString(""));
      return;
    }
    entry
        .path("outputs")
        .forEachEntry((node, made) ->
            made.path("images")
                .forEach(file ->
                    outputs.add(
                        new Output(
                            node,
                            file.path("filename").asString(),
                            file.path("subfolder").asString(""),
                            file.path("type").asString("output")))));
    finish();
  }

  private void finish() {
    ended = System.nanoTime();
    if (begun == 0) {
      begun = ended;
    }
    end.complete();
  }

  /**
   * The answer to {@code submit} and {@code status}.
   *
   * @param base how the caller reaches this wrapper
   */
  ObjectNode told(String base, String node) {
    ObjectNode told = JsonMapper.shared().createObjectNode();
    String calls = base + "/api/" + (kind == Kind.IMAGE ? "image" : "video");
    told.put("job_id", id).put("status", status()).put("done", isDone());
    // How far a prompt is, only a websocket would tell.
    told.put("progress", isDone() && error == null ? Integer.valueOf(1) : null);
    told.put("node", node);
    if (!outputs.isEmpty()) {
      told.put("url", url(base, 0));
    }
    if (error != null) {
      told.put("error", error);
    }
    told.put("status_url", calls + "/status/" + id);
    return told.put("result_url", calls + "/result/" + id);
  }

  /** The answer to {@code generate} and {@code result} once it has ended. */
  ObjectNode result(String base, String node) {
    if (error != null) {
      return told(base, node);
    }
    ObjectNode told = JsonMapper.shared().createObjectNode();
    told.put("job_id", id).put("status", status());
    told.put("url", outputs.isEmpty() ? null : url(base, 0));
    ArrayNode urls = told.putArray("urls");
    ArrayNode files = told.putArray("outputs");
    for (int i = 0; i < outputs.size(); i++) {
      Output output = outputs.get(i);
      urls.add(url(base, i));
      files
          .addObject()
          .put("node", output.node())
          .put("filename", output.filename())
          .put("url", url(base, i));
    }
    told.put("node", node);
    ObjectNode timings = told.putObject("timings");
    timings.put("queued_ms", millis(accepted, begun)).put("prepare_ms", 0);
    timings.put("run_ms", millis(begun, ended)).put("store_ms", 0);
    return told;
  }

  private String status() {
    if (isDone()) {
      return error == null ? "succeeded" : "failed";
    }
    return begun == 0 ? "queued" : "running";
  }

  private String url(String base, int index) {
    return base + "/api/files/" + id + "/" + index;
  }

  private static long millis(long from, long to) {
    return (to - from) / 1_000_000;
  }
}
