package io.comfyfleet.simulator.graph;

import io.comfyfleet.simulator.graph.GraphValidator.NodeVerdict;
import io.comfyfleet.simulator.setup.Flavour;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One walk over a graph, from its outputs backwards, that remembers a verdict per node. */
final class GraphWalk {
  private final ObjectNode graph;
  private final NodeCatalog catalog;
  private final InputCheck inputs;
  private final Flavour flavour;
  private final Map<String, NodeVerdict> verdicts = new LinkedHashMap<>();
  private final List<String> path = new ArrayList<>();

  GraphWalk(ObjectNode graph, NodeCatalog catalog, InputCheck inputs, Flavour flavour) {
    this.graph = graph;
    this.catalog = catalog;
    this.inputs = inputs;
    this.flavour = flavour;
  }

  /** Checks an output node and all it needs. */
  NodeVerdict check(String output) {
    try {
      return visit(output);
    } catch (Stumble e) {
      ObjectNode reason =
          GraphValidator.error(
              "exception_during_validation", "Exception when validating node", e.details());
      ((ObjectNode) reason.get("extra_info"))
          .put("exception_type", e.type())
          .putArray("traceback")
          .add("  File \"execution.py\", line 1, in validate_prompt\n");
      return remember(output, invalid(reason));
    } finally {
      path.clear();
    }
  }

  /** Adds the errors of all nodes that have some, as dependents of one output. */
  void collectErrors(String output, Map<String, ObjectNode> nodeErrors) {
    verdicts.forEach((id, verdict) -> {
      if (verdict.valid() || verdict.reasons().isEmpty()) {
        return;
      }
      ObjectNode entry =
          nodeErrors.computeIfAbsent(
              id,
              key -> {
                ObjectNode fresh = JsonMapper.shared().createObjectNode();
                fresh.set("errors", verdict.reasons());
                fresh.putArray("dependent_outputs");
                fresh.set("class_type", graph.path(key).get("class_type"));
                return fresh;
              });
      ((ArrayNode) entry.get("dependent_outputs")).add(output);
    });
  }

  private NodeVerdict visit(String id) {
    NodeVerdict known = verdicts.get(id);
    if (known != null) {
      return known;
    }
    if (path.contains(id)) {
      return cycle(id);
    }
    path.add(id);
    JsonNode node = graph.get(id);
    if (!(node.get("inputs") instanceof ObjectNode values)) {
      throw new Stumble("KeyError", "'inputs'");
    }
    String type = node.path("class_type").asString();
    ArrayNode reasons = JsonMapper.shared().createArrayNode();
    boolean valid = true;
    for (String group : List.of("required", "optional")) {
      for (String input : catalog.inputs(type, group)) {
        valid &= checkInput(type, group, input, values, reasons);
      }
    }
    path.removeLast();
    NodeVerdict cyclic = verdicts.get(id);
    if (cyclic != null) {
      return cyclic;
    }
    return remember(id, new NodeVerdict(valid && reasons.isEmpty(), reasons));
  }

  private boolean checkInput(
      String type, String group, String input, ObjectNode values, ArrayNode reasons) {
    JsonNode declared = catalog.input(type, group, input);
    JsonNode value = values.get(input);
    if (declared == null) {
      return true;
    }
    if (value == null) {
      if (group.equals("required")) {
        ObjectNode reason =
            GraphValidator.error("required_input_missing", "Required input is missing", input);
        ((ObjectNode) reason.get("extra_info")).put("input_name", input);
        reasons.add(reason);
      }
      return true;
    }
    if (value instanceof ArrayNode link) {
      return checkLink(input, declared, link, reasons);
    }
    inputs.checkLiteral(type, input, declared, values, reasons);
    return true;
  }

  private boolean checkLink(String input, JsonNode declared, ArrayNode link, ArrayNode reasons) {
    if (link.size() != 2) {
      String message = "Bad linked input, must be a length-2 list of [node_id, slot_index]";
      ObjectNode reason = GraphValidator.error("bad_linked_input", message, input);
      extra(reason, input, declared).set("received_value", link);
      reasons.add(reason);
      return true;
    }
    String from = link.get(0).asString();
    JsonNode source = link.get(0).isString() ? graph.get(from) : null;
    if (source == null) {
      throw new Stumble("KeyError", link.get(0).isString() ? "'" + from + "'" : from);
    }
    ArrayNode types = catalog.returnTypes(source.path("class_type").asString());
    int slot = link.get(1).asInt(-1);
    if (slot < 0 || slot >= types.size()) {
      throw new Stumble("IndexError", "tuple index out of range");
    }
    String received = types.get(slot).asString();
    if (!accepts(declared, received)) {
      reasons.add(mismatch(input, declared, link, received));
      return true;
    }
    return visitLinked(input, declared, link, from);
  }

  private boolean visitLinked(String input, JsonNode declared, ArrayNode link, String from) {
    int depth = path.size();
    try {
      return visit(from).valid();
    } catch (Stumble e) {
      while (path.size() > depth) {
        path.removeLast();
      }
      ObjectNode reason =
          GraphValidator.error(
              "exception_during_inner_validation",
              "Exception when validating inner node",
              e.details());
      ObjectNode extra = extra(reason, input, declared);
      extra.put("exception_message", e.details()).put("exception_type", e.type());
      extra.putArray("traceback").add("  File \"execution.py\", line 1, in validate_inputs\n");
      extra.set("linked_node", link);
      remember(from, invalid(reason));
      return false;
    }
  }

  private NodeVerdict cycle(String id) {
    List<String> ring = new ArrayList<>(path.subList(path.indexOf(id), path.size()));
    StringBuilder details = new StringBuilder();
    for (String node : ring) {
      details.append(named(node)).append(" -> ");
    }
    details.append(named(id));
    NodeVerdict last = new NodeVerdict(false, JsonMapper.shared().createArrayNode());
    for (String node : ring) {
      ObjectNode reason =
          GraphValidator.error("dependency_cycle", "Dependency cycle detected", details.toString());
      ObjectNode extra = (ObjectNode) reason.get("extra_info");
      extra.put("node_id", node);
      ring.forEach(extra.putArray("cycle_nodes")::add);
      // The old server runs out of stack here and reports no node at all.
      last = flavour.hasCancel() ? invalid(reason) : last;
      remember(node, last);
    }
    return last;
  }

  private String named(String id) {
    return id + " (" + graph.path(id).path("class_type").asString() + ")";
  }

  private static boolean accepts(JsonNode declared, String received) {
    JsonNode type = declared.get(0);
    String wanted = type.isArray() ? "COMBO" : type.asString();
    return wanted.equals("*") || received.equals("*") || wanted.equals(received);
  }

  private static ObjectNode mismatch(
      String input, JsonNode declared, ArrayNode link, String received) {
    String wanted = declared.get(0).isArray() ? "COMBO" : declared.get(0).asString();
    ObjectNode reason =
        GraphValidator.error(
            "return_type_mismatch",
            "Return type mismatch between linked nodes",
            input + ", received_type(" + received + ") mismatch input_type(" + wanted + ")");
    extra(reason, input, declared).put("received_type", received).set("linked_node", link);
    return reason;
  }

  static ObjectNode extra(ObjectNode reason, String input, @Nullable JsonNode declared) {
    ObjectNode extra = (ObjectNode) reason.get("extra_info");
    extra.put("input_name", input).set("input_config", declared);
    return extra;
  }

  private static NodeVerdict invalid(ObjectNode reason) {
    return new NodeVerdict(false, JsonMapper.shared().createArrayNode().add(reason));
  }

  private NodeVerdict remember(String id, NodeVerdict verdict) {
    verdicts.put(id, verdict);
    return verdict;
  }

  /** A Python exception inside the real validator. */
  private static final class Stumble extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String type;

    Stumble(String type, String details) {
      super(details, null, false, false);
      this.type = type;
    }

    String type() {
      return type;
    }

    String details() {
      return String.valueOf(getMessage());
    }
  }
}
