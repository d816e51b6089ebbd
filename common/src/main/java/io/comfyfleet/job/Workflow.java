package io.comfyfleet.job;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A ComfyUI graph in API format: node id to {@code {class_type, inputs, _meta?}}. An input is a
 * literal or a link {@code [node id, output index]}. The shape is checked here because ComfyUI
 * answers HTTP 500 to anything else (seen on 0.3.64 and 0.33.0); whether node types and values
 * exist is ComfyUI's to say.
 *
 * @param graph nodes by id, unmodifiable, in the sender's order, at least one
 */
public record Workflow(Map<String, Map<String, @Nullable Object>> graph) {

  /** An input value {@code fleet-input:NAME} is replaced by the file that the worker uploaded. */
  public static final String INPUT_PLACEHOLDER = "fleet-input:";

  /**
   * Checks the shape and copies.
   *
   * @throws InvalidMessageException when the graph is empty, is a UI-format file, or a node lacks
   *     {@code class_type} or {@code inputs}
   */
  public Workflow {
    graph = checked(graph);
  }

  /**
   * A workflow from decoded JSON.
   *
   * @param json whatever stood at {@code workflow}
   * @throws InvalidMessageException as the constructor does, also when it is no object
   */
  public static Workflow of(@Nullable Object json) {
    if (!(json instanceof Map<?, ?> map)) {
      throw new InvalidMessageException(
          "workflow", "must be an object of nodes (ComfyUI's API format)");
    }
    return new Workflow(nodes(map));
  }

  /** The names of all {@code fleet-input:NAME} placeholders in the graph, sorted. */
  public Set<String> placeholders() {
    Set<String> names = new TreeSet<>();
    for (Map<String, @Nullable Object> node : graph.values()) {
      for (Object value : inputs(node).values()) {
        if (value instanceof String text && text.startsWith(INPUT_PLACEHOLDER)) {
          names.add(text.substring(INPUT_PLACEHOLDER.length()));
        }
      }
    }
    return names;
  }

  /**
   * A copy with every placeholder replaced.
   *
   * @param files the name that ComfyUI knows the file by, by placeholder name
   * @throws InvalidMessageException when a placeholder has no file
   */
  public Workflow withInputFiles(Map<String, String> files) {
    Map<String, Map<String, @Nullable Object>> copy = new LinkedHashMap<>();
    graph.forEach((id, node) -> {
      Map<String, @Nullable Object> inputs = new LinkedHashMap<>(inputs(node));
      inputs.replaceAll((name, value) -> file(value, files));
      copy.put(id, with(node, inputs));
    });
    return new Workflow(copy);
  }

  /**
   * A copy in which one literal input of one node has another value.
   *
   * @throws InvalidMessageException when there is no such node
   */
  public Workflow withInput(String nodeId, String input, @Nullable Object value) {
    Map<String, @Nullable Object> node = graph.get(nodeId);
    if (node == null) {
      throw new InvalidMessageException("workflow", "has no node \"" + nodeId + "\"");
    }
    Map<String, @Nullable Object> inputs = new LinkedHashMap<>(inputs(node));
    inputs.put(input, value);
    Map<String, Map<String, @Nullable Object>> copy = new LinkedHashMap<>(graph);
    copy.put(nodeId, with(node, inputs));
    return new Workflow(copy);
  }

  /** The inputs of one node of a checked graph. */
  @SuppressWarnings("unchecked")
  public static Map<String, @Nullable Object> inputs(Map<String, @Nullable Object> node) {
    return (Map<String, @Nullable Object>) Require.present("inputs", node.get("inputs"));
  }

  private static @Nullable Object file(@Nullable Object value, Map<String, String> files) {
    if (!(value instanceof String text) || !text.startsWith(INPUT_PLACEHOLDER)) {
      return value;
    }
    String name = text.substring(INPUT_PLACEHOLDER.length());
    String file = files.get(name);
    if (file == null) {
      throw new InvalidMessageException("inputs", "has no file for the placeholder " + text);
    }
    return file;
  }

  private static Map<String, @Nullable Object> with(
      Map<String, @Nullable Object> node, Map<String, @Nullable Object> inputs) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>(node);
    copy.put("inputs", Collections.unmodifiableMap(inputs));
    return Collections.unmodifiableMap(copy);
  }

  private static Map<String, Map<String, @Nullable Object>> nodes(Map<?, ?> map) {
    if (map.get("nodes") instanceof Iterable<?> && map.containsKey("links")) {
      throw new InvalidMessageException(
          "workflow",
          "is in ComfyUI's UI format (it has \"nodes\" and \"links\"). Export the API format"
              + " instead: in ComfyUI open the menu Workflow and choose Export (API); in older"
              + " versions switch on Dev mode in the settings and use Save (API Format)");
    }
    Map<String, Map<String, @Nullable Object>> nodes = new LinkedHashMap<>();
    map.forEach((id, node) -> nodes.put(String.valueOf(id), node(String.valueOf(id), node)));
    return nodes;
  }

  private static Map<String, @Nullable Object> node(String id, @Nullable Object json) {
    if (!(json instanceof Map<?, ?> map)) {
      throw new InvalidMessageException(
          "workflow." + id, "must be an object with class_type and inputs");
    }
    Map<String, @Nullable Object> node = new LinkedHashMap<>();
    map.forEach((key, value) -> node.put(String.valueOf(key), value));
    return node;
  }

  private static Map<String, Map<String, @Nullable Object>> checked(
      @Nullable Map<String, Map<String, @Nullable Object>> graph) {
    if (graph == null || graph.isEmpty()) {
      throw new InvalidMessageException("workflow", "must hold at least one node");
    }
    Map<String, Map<String, @Nullable Object>> copy = new LinkedHashMap<>();
    graph.forEach((id, node) -> copy.put(id, checkedNode(id, node)));
    return Collections.unmodifiableMap(copy);
  }

  private static Map<String, @Nullable Object> checkedNode(
      String id, Map<String, @Nullable Object> node) {
    if (!(node.get("class_type") instanceof String type) || type.isBlank()) {
      throw new InvalidMessageException("workflow." + id + ".class_type", "is missing");
    }
    if (!(node.get("inputs") instanceof Map<?, ?>)) {
      throw new InvalidMessageException("workflow." + id + ".inputs", "must be an object");
    }
    return Collections.unmodifiableMap(new LinkedHashMap<>(node));
  }
}
