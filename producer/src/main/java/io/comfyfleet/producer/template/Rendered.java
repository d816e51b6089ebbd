package io.comfyfleet.producer.template;

import io.comfyfleet.job.Workflow;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A template with its parameters filled in.
 *
 * @param template name of the template
 * @param params every parameter that has a value, defaults and drawn seeds included
 * @param workflow the graph, with a placeholder for each input file
 */
public record Rendered(String template, Map<String, @Nullable Object> params, Workflow workflow) {
  /** Copies the parameters. */
  public Rendered {
    params = Collections.unmodifiableMap(new LinkedHashMap<>(params));
  }
}
