package io.comfyfleet.simulator.http;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.graph.GraphValidator;
import io.comfyfleet.simulator.graph.ServerTrouble;
import io.comfyfleet.simulator.graph.Validation;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET} and {@code POST /prompt}. */
final class PromptRoutes {
  private static final Pattern CANONICAL =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private final ServerParts parts;
  private final GraphValidator validator;
  private int counter;

  PromptRoutes(ServerParts parts) {
    this.parts = parts;
    this.validator =
        new GraphValidator(
            parts.catalog(),
            parts.options().flavour(),
            value -> parts.folders().find(value).isPresent());
  }

  void remaining(HttpServerRequest request) {
    ObjectNode body = Reply.object();
    body.putObject("exec_info").put("queue_remaining", parts.queue().remaining());
    Reply.json(request, 200, body);
  }

  void post(HttpServerRequest request, Buffer bytes) {
    JsonNode body = JsonMapper.shared().readTree(bytes.getBytes());
    if (!body.isObject() && !body.isArray()) {
      throw new ServerTrouble("body is neither an object nor a list");
    }
    JsonNode number = number(body);
    JsonNode prompt = body.get("prompt");
    if (prompt == null) {
      refuse(
          request,
          GraphValidator.error("no_prompt", "No prompt provided", "No prompt provided"),
          Reply.object());
      return;
    }
    String id = promptId(body.get("prompt_id"));
    if (id == null) {
      refuse(
          request,
          GraphValidator.error(
              "invalid_prompt_id",
              "prompt_id must be a valid UUID",
              "prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to"
                  + " let the server generate one"),
          Reply.object());
      return;
    }
    Validation verdict = validator.validate(prompt, targets(body));
    if (verdict.error() != null) {
      refuse(request, verdict.error(), verdict.nodeErrors());
      return;
    }
    JsonNode extra = extraData(body);
    parts.queue().add(new QueuedPrompt(number, id, (ObjectNode) prompt, extra, verdict.outputs()));
    accepted(request, number, id, verdict, extra);
  }

  private void accepted(
      HttpServerRequest request, JsonNode number, String id, Validation verdict, JsonNode extra) {
    parts.sockets().broadcastStatus(parts.queue().remaining());
    if (parts.faults().take(Fault.LOST_RESPONSE).isPresent()) {
      request.connection().close();
    } else {
      ObjectNode reply = Reply.object();
      reply.put("prompt_id", id).set("number", number);
      reply.set("node_errors", verdict.nodeErrors());
      Reply.json(request, 200, reply);
    }
    if (extra.path("client_id").isArray() && parts.options().flavour().hasCancel()) {
      parts.vertx().setTimer(20, timer -> parts.power().crash());
      return;
    }
    // The worker thread of the real server wakes up after the answer has been written.
    parts.vertx().runOnContext(later -> parts.runner().wake());
  }

  private JsonNode number(JsonNode body) {
    JsonNode given = body.get("number");
    if (given != null) {
      if (given.isNumber()) {
        return new DoubleNode(given.asDouble());
      }
      return new DoubleNode(Double.parseDouble(given.asString()));
    }
    int number = body.path("front").asBoolean(false) ? -counter : counter;
    counter++;
    return new IntNode(number);
  }

  private @Nullable String promptId(@Nullable JsonNode given) {
    if (given == null || given.isNull()) {
      return UUID.randomUUID().toString();
    }
    if (!parts.options().flavour().hasJobs()) {
      return given.isString() ? given.asString() : given.toString();
    }
    boolean canonical = given.isString() && CANONICAL.matcher(given.asString()).matches();
    return canonical ? given.asString() : null;
  }

  private static @Nullable Set<String> targets(JsonNode body) {
    JsonNode given = body.get("partial_execution_targets");
    if (given == null || !given.isArray()) {
      return null;
    }
    Set<String> targets = new HashSet<>();
    given.forEach(id -> targets.add(id.asString()));
    return targets;
  }

  private JsonNode extraData(JsonNode body) {
    JsonNode given = body.has("extra_data") ? body.get("extra_data") : Reply.object();
    boolean recent = parts.options().flavour().hasJobs();
    if (!given.isObject()) {
      if (recent || body.has("client_id")) {
        throw new ServerTrouble("extra_data is not an object");
      }
      return given;
    }
    ObjectNode extra = (ObjectNode) given;
    if (body.has("client_id")) {
      extra.set("client_id", body.get("client_id"));
    }
    if (recent) {
      extra.put("create_time", System.currentTimeMillis());
    }
    return extra;
  }

  private static void refuse(HttpServerRequest request, ObjectNode error, ObjectNode nodeErrors) {
    ObjectNode reply = Reply.object();
    reply.set("error", error);
    reply.set("node_errors", nodeErrors);
    Reply.json(request, 400, reply);
  }
}
