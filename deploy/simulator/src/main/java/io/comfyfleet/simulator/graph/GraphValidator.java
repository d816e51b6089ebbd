package io.comfyfleet.simulator.graph;

import io.comfyfleet.simulator.setup.Flavour;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Checks a posted graph the way ComfyUI does: from every output node backwards, each node once.
 *
 * <p>Literals of number inputs are converted in place, as the real server does. Event loop only.
 */
public final class GraphValidator {
  private final NodeCatalog catalog;
  private final Flavour flavour;
  private final InputCheck inputs;

  /**
   * Creates a validator.
   *
   * @param catalog the installed classes
   * @param flavour the version whose replies are copied
   * @param imageExists tells whether a {@code LoadImage} value names a file
   */
  public GraphValidator(NodeCatalog catalog, Flavour flavour, Predicate<String> imageExists) {
    this.catalog = catalog;
    this.flavour = flavour;
    this.inputs = new InputCheck(imageExists);
  }

  /**
   * Checks a graph.
   *
   * @param prompt what stood under {@code prompt}, whatever it is
   * @param targets the only output nodes wanted; null for all
   * @throws ServerTrouble where the real server stumbles over the shape
   */
  public Validation validate(JsonNode prompt, @Nullable Set<String> targets) {
    if (prompt.isArray() && prompt.isEmpty()) {
      return refused("prompt_no_outputs", "Prompt has no outputs", "");
    }
    if (!(prompt instanceof ObjectNode graph)) {
      throw new ServerTrouble("prompt is not an object");
    }
    List<String> outputs = new ArrayList<>();
    for (var entry : graph.properties()) {
      Validation refusal = checkClass(entry.getKey(), entry.getValue());
      if (refusal != null) {
        return refusal;
      }
      boolean wanted = targets == null || targets.contains(entry.getKey());
      if (wanted && catalog.isOutput(entry.getValue().path("class_type").asString())) {
        outputs.add(entry.getKey());
      }
    }
    if (outputs.isEmpty()) {
      return refused("prompt_no_outputs", "Prompt has no outputs", "");
    }
    return checkOutputs(graph, outputs);
  }

  private @Nullable Validation checkClass(String id, JsonNode node) {
    if (node.isNumber() || node.isBoolean() || node.isNull()) {
      throw new ServerTrouble("node " + id + " is not an object");
    }
    if (!node.isObject() && flavour.hasCancel()) {
      throw new ServerTrouble("node " + id + " is not an object");
    }
    JsonNode type = node.get("class_type");
    if (type != null && type.isString() && catalog.installed(type.asString())) {
      return null;
    }
    if (!flavour.hasCancel()) {
      String message =
          type == null
              ? "Cannot execute because a node is missing the class_type property."
              : "Cannot execute because node " + type.asString() + " does not exist.";
      return refused("invalid_prompt", message, "Node ID '#" + id + "'");
    }
    return missingType(id, node, type);
  }

  private static Validation missingType(String id, JsonNode node, @Nullable JsonNode type) {
    JsonNode title = node.path("_meta").get("title");
    String name = title != null ? title.asString() : type == null ? "ID #" + id : type.asString();
    String message =
        type == null
            ? "Node '"
                + name
                + "' has no class_type. The workflow may be corrupted or a custom node is missing."
            : "Node '" + name + "' not found. The custom node may not be installed.";
    Validation refusal = refused("missing_node_type", message, "Node ID '#" + id + "'");
    if (refusal.error() != null) {
      ObjectNode extra = (ObjectNode) refusal.error().get("extra_info");
      extra.put("node_id", id);
      extra.set("class_type", type);
      extra.set("node_title", title);
    }
    return refusal;
  }

  private Validation checkOutputs(ObjectNode graph, List<String> outputs) {
    GraphWalk walk = new GraphWalk(graph, catalog, inputs, flavour);
    List<String> good = new ArrayList<>();
    List<String> details = new ArrayList<>();
    Map<String, ObjectNode> nodeErrors = new LinkedHashMap<>();
    for (String output : outputs) {
      NodeVerdict verdict = walk.check(output);
      if (verdict.valid()) {
        good.add(output);
        continue;
      }
      for (JsonNode reason : verdict.reasons()) {
        if (!reason.path("type").asString().equals("dependency_cycle")) {
          details.add(reason.path("message").asString() + ": " + reason.path("details").asString());
        }
      }
      walk.collectErrors(output, nodeErrors);
    }
    ObjectNode errors = JsonMapper.shared().createObjectNode();
    nodeErrors.forEach(errors::set);
    if (good.isEmpty()) {
      ObjectNode error =
          error(
              "prompt_outputs_failed_validation",
              "Prompt outputs failed validation",
              String.join("\n", details));
      return new Validation(error, List.of(), errors);
    }
    return new Validation(null, good, errors);
  }

  private static Validation refused(String type, String message, String details) {
    return new Validation(
        error(type, message, details), List.of(), JsonMapper.shared().createObjectNode());
  }

  /** Builds an {@code error} object with an empty {@code extra_info}. */
  public static ObjectNode error(String type, String message, String details) {
    ObjectNode error = JsonMapper.shared().createObjectNode();
    error.put("type", type).put("message", message).put("details", details);
    error.putObject("extra_info");
    return error;
  }

  /** What is known of one node: whether it is valid, and its own errors. */
  record NodeVerdict(boolean valid, ArrayNode reasons) {}
}
