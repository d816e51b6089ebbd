package io.comfyfleet.simulator.graph;

import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.Faults;
import io.comfyfleet.simulator.setup.Flavour;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The node classes of one server, as {@code /object_info} tells them. Event loop only. */
public final class NodeCatalog {
  private final ObjectNode classes;
  private final Flavour flavour;
  private final List<String> models;
  private final Supplier<List<String>> inputImages;
  private final Faults faults;

  /**
   * Reads the class definitions.
   *
   * @param flavour the version whose form of {@code /object_info} is used
   * @param models the checkpoints in the list
   * @param inputImages lists the files in the input folder
   * @param faults tells what is missing
   */
  public NodeCatalog(
      Flavour flavour, List<String> models, Supplier<List<String>> inputImages, Faults faults) {
    this.flavour = flavour;
    this.models = models;
    this.inputImages = inputImages;
    this.faults = faults;
    this.classes = read();
  }

  private static ObjectNode read() {
    try (InputStream in = NodeCatalog.class.getResourceAsStream("nodes.json")) {
      return (ObjectNode) JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Reading nodes.json from the simulator's own jar", e);
    }
  }

  /** Returns the names of all installed classes. */
  public Collection<String> names() {
    List<String> names = new ArrayList<>(classes.propertyNames());
    names.removeIf(name -> !installed(name));
    return names;
  }

  /** Tells whether a class is installed. */
  public boolean installed(String name) {
    boolean missing =
        faults.peek(Fault.NODE_MISSING).filter(plan -> plan.value().equals(name)).isPresent();
    return classes.has(name) && !missing;
  }

  /** Tells whether a class is an output node. */
  public boolean isOutput(String name) {
    return classes.path(name).path("output_node").asBoolean(false);
  }

  /** Returns the types of a class's outputs. */
  public ArrayNode returnTypes(String name) {
    JsonNode output = classes.path(name).path("output");
    if (name.equals("SaveImage") && !flavour.hasCancel()) {
      return JsonMapper.shared().createArrayNode();
    }
    return (ArrayNode) output;
  }

  /**
   * Returns the declaration of one input: {@code [type, config]} or {@code [[values], config]}.
   *
   * @param group {@code required} or {@code optional}
   * @return null when the class has no such input
   */
  public @Nullable JsonNode input(String name, String group, String input) {
    JsonNode declared = classes.path(name).path("input").path(group).get(input);
    return declared == null ? null : withList(name, input, declared);
  }

  /** Returns the names of a class's inputs in one group. */
  public Collection<String> inputs(String name, String group) {
    return classes.path(name).path("input").path(group).propertyNames();
  }

  private JsonNode withList(String name, String input, JsonNode declared) {
    List<String> values;
    if (name.equals("CheckpointLoaderSimple") && input.equals("ckpt_name")) {
      values = faults.peek(Fault.MODEL_MISSING).isPresent() ? List.of() : models;
    } else if (name.equals("LoadImage") && input.equals("image")) {
      values = inputImages.get();
    } else {
      return declared;
    }
    ArrayNode copy = (ArrayNode) declared.deepCopy();
    ArrayNode list = JsonMapper.shared().createArrayNode();
    values.forEach(list::add);
    copy.set(0, list);
    return copy;
  }

  /** Returns the entry of {@code /object_info} for one class; null when it is not installed. */
  public @Nullable ObjectNode info(String name) {
    if (!installed(name)) {
      return null;
    }
    ObjectNode source = (ObjectNode) classes.get(name);
    ObjectNode info = JsonMapper.shared().createObjectNode();
    ObjectNode input = info.putObject("input");
    ObjectNode order = info.putObject("input_order");
    for (var group : source.path("input").properties()) {
      ObjectNode copy = input.putObject(group.getKey());
      ArrayNode names = order.putArray(group.getKey());
      for (var one : group.getValue().properties()) {
        copy.set(one.getKey(), withList(name, one.getKey(), one.getValue()));
        names.add(one.getKey());
      }
    }
    describe(name, source, info);
    return info;
  }

  private void describe(String name, ObjectNode source, ObjectNode info) {
    boolean recent = flavour.hasCancel();
    if (recent) {
      info.put("is_input_list", false);
    }
    ArrayNode types = returnTypes(name);
    info.set("output", types);
    ArrayNode lists = info.putArray("output_is_list");
    types.forEach(type -> lists.add(false));
    info.set(
        "output_name",
        types.isEmpty() ? JsonMapper.shared().createArrayNode() : source.get("output_name"));
    info.put("name", name);
    info.set("display_name", source.get("display_name"));
    info.set("description", source.get("description"));
    info.set("python_module", source.get("python_module"));
    info.set("category", source.get("category"));
    info.set("output_node", source.get("output_node"));
    if (recent) {
      info.put("has_intermediate_output", false);
      JsonNode aliases = source.get("search_aliases");
      info.set("search_aliases", aliases == null ? JsonMapper.shared().createArrayNode() : aliases);
      if (source.has("essentials_category")) {
        info.set("essentials_category", source.get("essentials_category"));
      }
    }
  }
}
