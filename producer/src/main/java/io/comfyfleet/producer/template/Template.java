package io.comfyfleet.producer.template;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A graph with names for what may vary.
 *
 * @param name unique
 * @param type what it makes
 * @param title for people; null when it has none
 * @param description for people; null when it has none
 * @param parameters by name, in the file's order
 * @param inputs files by name, in the file's order
 * @param workflow the graph as it stands in the file
 */
public record Template(
    String name,
    JobType type,
    @Nullable String title,
    @Nullable String description,
    Map<String, Parameter> parameters,
    Map<String, InputSlot> inputs,
    Workflow workflow) {

  static final String PROMPT = "prompt";

  /** Largest seed that is drawn: JavaScript, and with it n8n, carries no larger integer exactly. */
  private static final long LARGEST_SEED = (1L << 53) - 1;

  /**
   * The graph filled in.
   *
   * @param given values by parameter name; null counts as not given
   * @param inputNames the files that the job brings
   * @throws InvalidMessageException naming the field
   */
  Rendered render(
      Map<String, @Nullable Object> given, Set<String> inputNames, RandomGenerator random) {
    requireKnown(given.keySet());
    requireInputs(inputNames);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    Workflow graph = workflow;
    for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
      Object value = value(entry.getKey(), entry.getValue(), given.get(entry.getKey()), random);
      if (value != null) {
        values.put(entry.getKey(), value);
        graph = graph.withInput(entry.getValue().node(), entry.getValue().input(), value);
      }
    }
    for (String input : inputNames) {
      graph = with(graph, input);
    }
    return new Rendered(name, values, graph);
  }

  private Workflow with(Workflow graph, String inputName) {
    InputSlot slot = inputs.get(inputName);
    Workflow changed =
        graph.withInput(slot.node(), slot.input(), Workflow.INPUT_PLACEHOLDER + inputName);
    for (InputSlot.Change change : slot.whenGiven()) {
      changed = changed.withInput(change.node(), change.input(), change.value());
    }
    return changed;
  }

  private @Nullable Object value(
      String parameterName, Parameter parameter, @Nullable Object given, RandomGenerator random) {
    if (given != null) {
      Object value;
      try {
        value = parameter.converted(given);
      } catch (IllegalArgumentException e) {
        throw new InvalidMessageException(field(parameterName), String.valueOf(e.getMessage()));
      }
      if (!(parameter.required() && value instanceof String text && text.isBlank())) {
        return value;
      }
    }
    if (parameter.required()) {
      throw new InvalidMessageException(
          field(parameterName), "is missing: the template \"" + name + "\" needs it");
    }
    return parameter.random() ? drawn(parameter, random) : parameter.defaultValue();
  }

  private static Object drawn(Parameter parameter, RandomGenerator random) {
    BigDecimal highest = BigDecimal.valueOf(LARGEST_SEED);
    long min = parameter.min() == null ? 0 : parameter.min().longValue();
    long max = parameter.max() == null ? LARGEST_SEED : parameter.max().min(highest).longValue();
    return random.nextLong(min, max + 1);
  }

  private void requireKnown(Set<String> names) {
    for (String parameterName : names) {
      if (!parameters.containsKey(parameterName)) {
        throw new InvalidMessageException(
            field(parameterName),
            "is no parameter of the template \"" + name + "\"; it has " + parameters.keySet());
      }
    }
  }

  private void requireInputs(Set<String> inputNames) {
    if (!inputs.keySet().containsAll(inputNames)) {
      Set<String> unknown = new TreeSet<>(inputNames);
      unknown.removeAll(inputs.keySet());
      throw new InvalidMessageException(
          "inputs",
          "has "
              + unknown
              + ", which the template \""
              + name
              + "\" does not take; it takes "
              + inputs.keySet());
    }
    inputs.forEach((inputName, slot) -> {
      if (slot.required() && !inputNames.contains(inputName)) {
        throw new InvalidMessageException(
            "inputs", "lacks \"" + inputName + "\": the template \"" + name + "\" needs it");
      }
    });
  }

  private static String field(String parameterName) {
    return parameterName.equals(PROMPT) ? PROMPT : "params." + parameterName;
  }
}
