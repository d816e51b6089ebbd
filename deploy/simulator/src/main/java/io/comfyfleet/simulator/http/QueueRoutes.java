package io.comfyfleet.simulator.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /queue}, {@code /history}, {@code /interrupt} and {@code /free}. */
final class QueueRoutes {
  private final ServerParts parts;

  QueueRoutes(ServerParts parts) {
    this.parts = parts;
  }

  void queue(HttpServerRequest request) {
    boolean secrets = !parts.options().flavour().hasJobs();
    ObjectNode body = Reply.object();
    ArrayNode running = body.putArray("queue_running");
    parts.queue().running().ifPresent(prompt -> running.add(prompt.toJson(secrets)));
    ArrayNode pending = body.putArray("queue_pending");
    parts.queue().pending().forEach(prompt -> pending.add(prompt.toJson(secrets)));
    Reply.json(request, 200, body);
  }

  void change(HttpServerRequest request, Buffer bytes) {
    JsonNode body = JsonMapper.shared().readTree(bytes.getBytes());
    boolean removed = false;
    if (body.path("clear").asBoolean(false)) {
      removed = parts.queue().removeIf(prompt -> true);
    }
    Set<String> ids = ids(body.path("delete"));
    removed |= parts.queue().removeIf(prompt -> ids.contains(prompt.id()));
    if (removed) {
      parts.sockets().broadcastStatus(parts.queue().remaining());
    }
    Reply.empty(request, 200);
  }

  void history(HttpServerRequest request) {
    String most = request.getParam("max_items");
    String offset = request.getParam("offset");
    Reply.json(
        request,
        200,
        parts
            .history()
            .page(
                most == null ? null : Integer.valueOf(most),
                offset == null ? -1 : Integer.parseInt(offset)));
  }

  void history(HttpServerRequest request, String id) {
    ObjectNode body = Reply.object();
    ObjectNode entry = parts.history().get(id);
    if (entry != null) {
      body.set(id, entry);
    }
    Reply.json(request, 200, body);
  }

  void changeHistory(HttpServerRequest request, Buffer bytes) {
    JsonNode body = JsonMapper.shared().readTree(bytes.getBytes());
    if (body.path("clear").asBoolean(false)) {
      parts.history().clear();
    }
    ids(body.path("delete")).forEach(parts.history()::remove);
    Reply.empty(request, 200);
  }

  void interrupt(HttpServerRequest request, Buffer bytes) {
    JsonNode body;
    try {
      body = JsonMapper.shared().readTree(bytes.getBytes());
    } catch (JacksonException e) {
      body = Reply.object();
    }
    String id = body.path("prompt_id").asString("");
    if (id.isEmpty()) {
      parts.runner().interrupt();
    } else {
      parts.runner().interrupt(id);
    }
    Reply.empty(request, 200);
  }

  void free(HttpServerRequest request, Buffer bytes) {
    JsonNode body = JsonMapper.shared().readTree(bytes.getBytes());
    if (!body.isObject()) {
      Reply.trouble(request);
      return;
    }
    if (body.path("unload_models").asBoolean(false) || body.path("free_memory").asBoolean(false)) {
      parts.runner().free();
    }
    Reply.empty(request, 200);
  }

  private static Set<String> ids(JsonNode list) {
    Set<String> ids = new HashSet<>();
    list.forEach(id -> ids.add(id.asString()));
    return ids;
  }
}
