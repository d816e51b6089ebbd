package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.graph.NodeCatalog;
import io.comfyfleet.simulator.media.Folders;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Which nodes of a prompt are cached, which must run, and which of them is next. */
final class Plan {
  private final ObjectNode graph;
  private final NodeCatalog catalog;
  private final Folders folders;
  private final Map<String, String> signatures = new HashMap<>();
  private final SequencedSet<String> todo = new LinkedHashSet<>();
  private final SequencedSet<String> cached = new LinkedHashSet<>();

  Plan(QueuedPrompt prompt, NodeCatalog catalog, Folders folders, NodeCache cache) {
    this.graph = prompt.graph();
    this.catalog = catalog;
    this.folders = folders;
    for (String id : graph.propertyNames()) {
      if (graph.get(id).get("inputs") instanceof ObjectNode && reaches(id, prompt.outputs())) {
        if (cache.get(signature(id)) != null) {
          cached.add(id);
        }
      }
    }
    prompt.outputs().forEach(this::need);
  }

  private boolean reaches(String id, Collection<String> outputs) {
    return outputs.contains(id)
        || outputs.stream().anyMatch(output -> ancestors(output).contains(id));
  }

  private SequencedSet<String> ancestors(String id) {
    SequencedSet<String> found = new LinkedHashSet<>();
    collect(id, found);
    return found;
  }

  private void collect(String id, SequencedSet<String> found) {
    for (String source : sources(id)) {
      if (found.add(source)) {
        collect(source, found);
      }
    }
  }

  private void need(String id) {
    if (!todo.add(id) || cached.contains(id)) {
      return;
    }
    for (String source : sources(id)) {
      if (!cached.contains(source)) {
        need(source);
      }
    }
  }

  /** The nodes linked to a node's inputs. */
  List<String> sources(String id) {
    List<String> found = new ArrayList<>();
    for (JsonNode value : graph.path(id).path("inputs")) {
      if (isLink(value)) {
        found.add(value.get(0).asString());
      }
    }
    return found;
  }

  boolean isLink(JsonNode value) {
    return value.isArray()
        && value.size() == 2
        && value.get(0).isString()
        && graph.has(value.get(0).asString());
  }

  /** What a node's result depends on: its class, its literals and all before it. */
  String signature(String id) {
    String known = signatures.get(id);
    if (known != null) {
      return known;
    }
    Map<String, String> parts = new TreeMap<>();
    for (var input : graph.path(id).path("inputs").properties()) {
      JsonNode value = input.getValue();
      parts.put(
          input.getKey(),
          isLink(value)
              ? signature(value.get(0).asString()) + "#" + value.get(1)
              : value.toString());
    }
    String type = graph.path(id).path("class_type").asString();
    String text = type + parts + stamp(type, id);
    // Long chains would square the text, so each node passes on a digest of its own.
    String digest = Digests.sha256(text);
    signatures.put(id, digest);
    return digest;
  }

  private String stamp(String type, String id) {
    if (!type.equals("LoadImage")) {
      return "";
    }
    Optional<Path> file = folders.find(graph.path(id).path("inputs").path("image").asString(""));
    try {
      return file.isEmpty()
          ? ""
          : Files.getLastModifiedTime(file.get()) + "/" + Files.size(file.get());
    } catch (IOException e) {
      return "";
    }
  }

  SequencedSet<String> cached() {
    return cached;
  }

  boolean rendersSomething() {
    return todo.stream().anyMatch(id -> !cached.contains(id));
  }

  boolean contains(String classType) {
    return todo.stream().anyMatch(id -> !cached.contains(id) && type(id).equals(classType));
  }

  String type(String id) {
    return graph.path(id).path("class_type").asString();
  }

  /** The node that takes the prompt's time: the sampler, or the first that is no output. */
  Optional<String> heavy() {
    List<String> running = todo.stream().filter(id -> !cached.contains(id)).toList();
    return running.stream()
        .filter(id -> type(id).equals("KSampler"))
        .findFirst()
        .or(() -> graphOrder(running).filter(id -> !catalog.isOutput(type(id))).findFirst())
        .or(() -> running.stream().findFirst());
  }

  private java.util.stream.Stream<String> graphOrder(List<String> among) {
    return graph.propertyNames().stream().filter(among::contains);
  }

  /** Takes the next node whose sources are done; outputs come first, as on the real server. */
  Optional<String> next() {
    List<String> ready =
        graphOrder(List.copyOf(todo))
            .filter(id -> cached.contains(id) || sources(id).stream().noneMatch(todo::contains))
            .toList();
    Optional<String> chosen =
        ready.stream()
            .filter(id -> catalog.isOutput(type(id)))
            .findFirst()
            .or(() -> ready.stream().findFirst());
    chosen.ifPresent(todo::remove);
    return chosen;
  }

  List<String> left() {
    return List.copyOf(todo);
  }
}
