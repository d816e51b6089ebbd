package io.comfyfleet.producer.template;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.wire.MessageCodec;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the two files of a template and checks that they fit together, so that a mistake shows at
 * start and not in the first job. YAML's reader takes JSON as well.
 */
final class TemplateFile {
  private static final JsonMapper STRICT =
      MessageCodec.mapper()
          .rebuild()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final String name;
  private final String mapFile;
  private final String graphFile;
  private final Map<String, String> defaults;

  /**
   * @param name of the template
   * @param mapFile how messages name the map
   * @param graphFile how messages name the graph
   * @param defaults the operator's own values by parameter name
   */
  TemplateFile(String name, String mapFile, String graphFile, Map<String, String> defaults) {
    this.name = name;
    this.mapFile = mapFile;
    this.graphFile = graphFile;
    this.defaults = defaults;
  }

  /**
   * The template.
   *
   * @throws BadTemplateException naming the file and what is wrong in it
   */
  Template read(String map, String graph) {
    MapFile file = mapFile(map);
    Workflow workflow = workflow(graph);
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    orEmpty(file.parameters())
        .forEach((key, entry) -> parameters.put(key, parameter(key, entry, workflow)));
    Map<String, InputSlot> inputs = new LinkedHashMap<>();
    orEmpty(file.inputs()).forEach((key, entry) -> inputs.put(key, input(key, entry, workflow)));
    if (file.type() == null) {
      throw bad("type", "is missing: give image or video");
    }
    return new Template(
        name, file.type(), file.title(), file.description(), parameters, inputs, workflow);
  }

  private MapFile mapFile(String text) {
    try {
      Object tree = PlainYaml.load(text);
      if (!(tree instanceof Map<?, ?>)) {
        throw new BadTemplateException(mapFile, "must hold an object with type and parameters");
      }
      return STRICT.convertValue(tree, MapFile.class);
    } catch (YAMLException e) {
      throw new BadTemplateException(
          mapFile, "is neither YAML nor JSON: " + oneLine(e.getMessage()));
    } catch (JacksonException e) {
      throw new BadTemplateException(mapFile, "cannot be read: " + oneLine(e.getMessage()));
    } catch (InvalidMessageException e) {
      throw new BadTemplateException(mapFile, String.valueOf(e.getMessage()));
    }
  }

  private Workflow workflow(String text) {
    Workflow workflow;
    try {
      workflow = Workflow.of(STRICT.readValue(text, Object.class));
    } catch (JacksonException e) {
      throw new BadTemplateException(graphFile, "is not JSON: " + e.getOriginalMessage());
    } catch (InvalidMessageException e) {
      throw new BadTemplateException(graphFile, String.valueOf(e.getMessage()));
    }
    if (!workflow.placeholders().isEmpty()) {
      throw new BadTemplateException(
          graphFile,
          "has the placeholders "
              + workflow.placeholders()
              + " in the graph; name the node and its input under inputs in "
              + mapFile
              + " instead");
    }
    return workflow;
  }

  private Parameter parameter(String key, ParameterEntry entry, Workflow workflow) {
    String where = "parameters." + key;
    String node = place(where, entry.node(), entry.input(), workflow);
    if (entry.type() == null) {
      throw bad(where + ".type", "is missing: give string, integer, number or boolean");
    }
    boolean random = Boolean.TRUE.equals(entry.random());
    if (random && entry.type() != Parameter.Type.INTEGER) {
      throw bad(where + ".random", "is for integers only");
    }
    if (entry.min() != null && entry.max() != null && entry.min().compareTo(entry.max()) > 0) {
      throw bad(where, "has a min of " + entry.min() + " above its max of " + entry.max());
    }
    Parameter bare =
        new Parameter(
            node,
            Objects.requireNonNull(entry.input()),
            entry.type(),
            null,
            random && !defaults.containsKey(key),
            Boolean.TRUE.equals(entry.required()) && !defaults.containsKey(key),
            entry.min(),
            entry.max(),
            entry.multipleOf(),
            entry.description());
    return withDefault(key, bare, entry.defaultValue());
  }

  private Parameter withDefault(String key, Parameter bare, @Nullable Object ownDefault) {
    String operators = defaults.get(key);
    Object chosen = operators != null ? operators : ownDefault;
    if (chosen == null) {
      return bare;
    }
    try {
      return new Parameter(
          bare.node(),
          bare.input(),
          bare.type(),
          bare.converted(chosen),
          bare.random(),
          bare.required(),
          bare.min(),
          bare.max(),
          bare.multipleOf(),
          bare.description());
    } catch (IllegalArgumentException e) {
      throw operators != null
          ? new BadTemplateException(
              "fleet.template.defaults." + key,
              e.getMessage() + " (for the template \"" + name + "\")")
          : bad("parameters." + key + ".default", String.valueOf(e.getMessage()));
    }
  }

  private InputSlot input(String key, InputEntry entry, Workflow workflow) {
    String where = "inputs." + key;
    String node = place(where, entry.node(), entry.input(), workflow);
    List<InputSlot.Change> changes =
        (entry.whenGiven() == null ? List.<ChangeEntry>of() : entry.whenGiven())
            .stream().map(change -> change(where + ".when_given", change, workflow)).toList();
    return new InputSlot(
        node,
        Objects.requireNonNull(entry.input()),
        !Boolean.FALSE.equals(entry.required()),
        entry.description(),
        changes);
  }

  private InputSlot.Change change(String where, ChangeEntry entry, Workflow workflow) {
    if (entry.node() == null || entry.input() == null || entry.value() == null) {
      throw bad(where, "needs node, input and value");
    }
    requireNode(where, entry.node(), workflow);
    if (entry.value() instanceof List<?> link) {
      if (link.size() != 2 || !(link.get(1) instanceof Number)) {
        throw bad(where + ".value", "must be a link [node, output number], was " + link);
      }
      requireNode(where + ".value", String.valueOf(link.getFirst()), workflow);
      return new InputSlot.Change(
          entry.node(),
          entry.input(),
          List.of(String.valueOf(link.getFirst()), Objects.requireNonNull(link.get(1))));
    }
    return new InputSlot.Change(entry.node(), entry.input(), entry.value());
  }

  /** The node's id, when node and input are in the graph and the input holds a literal. */
  private String place(
      String where, @Nullable String node, @Nullable String input, Workflow workflow) {
    if (node == null || input == null) {
      throw bad(where, "needs node and input");
    }
    Map<String, @Nullable Object> inputs = requireNode(where, node, workflow);
    if (!inputs.containsKey(input)) {
      throw bad(
          where + ".input", "is \"" + input + "\", but node " + node + " has " + inputs.keySet());
    }
    if (inputs.get(input) instanceof List<?> link) {
      throw bad(
          where + ".input",
          "is \"" + input + "\" of node " + node + ", which is linked to " + link);
    }
    return node;
  }

  private Map<String, @Nullable Object> requireNode(String where, String node, Workflow workflow) {
    Map<String, @Nullable Object> found = workflow.graph().get(node);
    if (found == null) {
      throw bad(
          where,
          "names node \""
              + node
              + "\", which is not in "
              + graphFile
              + "; it has "
              + workflow.graph().keySet());
    }
    return Workflow.inputs(found);
  }

  private BadTemplateException bad(String where, String problem) {
    return new BadTemplateException(mapFile, where + " " + problem);
  }

  private static String oneLine(@Nullable String message) {
    return String.valueOf(message).lines().findFirst().orElse("").trim();
  }

  private static <T> Map<String, T> orEmpty(@Nullable Map<String, T> map) {
    return map == null ? Map.of() : map;
  }

  /** The map as it stands in the file. */
  private record MapFile(
      @Nullable JobType type,
      @Nullable String title,
      @Nullable String description,
      @Nullable Map<String, ParameterEntry> parameters,
      @Nullable Map<String, InputEntry> inputs) {}

  private record ParameterEntry(
      @Nullable String node,
      @Nullable String input,
      Parameter.@Nullable Type type,
      @JsonProperty("default") @Nullable Object defaultValue,
      @Nullable Boolean random,
      @Nullable Boolean required,
      @Nullable BigDecimal min,
      @Nullable BigDecimal max,
      @Nullable BigDecimal multipleOf,
      @Nullable String description) {}

  private record InputEntry(
      @Nullable String node,
      @Nullable String input,
      @Nullable Boolean required,
      @Nullable String description,
      @Nullable List<ChangeEntry> whenGiven) {}

  private record ChangeEntry(
      @Nullable String node, @Nullable String input, @Nullable Object value) {}
}
