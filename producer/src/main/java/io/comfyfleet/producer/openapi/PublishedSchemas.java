package io.comfyfleet.producer.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.media.Schema;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The JSON Schemas of the messages as components. What a schema keeps under {@code $defs} becomes a
 * component of its own, because readers of OpenAPI look for references there.
 */
final class PublishedSchemas {
  static final String RESULT = "Result";

  private static final String FOLDER = "/openapi/schemas/";
  private static final Pattern DEFINITION = Pattern.compile("#/\\$defs/(\\w+)");

  /** Published schema to component. */
  private static final Map<String, String> FILES =
      Map.of("job-request", "JobRequest", "result", RESULT, "run-completed", "RunCompleted");

  /** Definition within a published schema to component. */
  private static final Map<String, String> DEFINITIONS =
      Map.of("error", "JobError", "attempt", "Attempt", "output", "Output", "result", RESULT);

  private PublishedSchemas() {}

  static void addTo(Components components) {
    Map<String, Schema<?>> seen = new HashMap<>();
    FILES.forEach((file, name) -> add(file, name, components, seen));
    seen.forEach(components::addSchemas);
  }

  private static void add(
      String file, String name, Components components, Map<String, Schema<?>> seen) {
    ObjectNode json = read(file);
    json.remove("$schema");
    json.remove("$id");
    json.remove("title");
    JsonNode definitions = json.remove("$defs");
    components.addSchemas(name, schema(json));
    if (definitions == null) {
      return;
    }
    for (Map.Entry<String, JsonNode> definition : definitions.properties()) {
      String component = DEFINITIONS.get(definition.getKey());
      if (component == null) {
        throw new IllegalStateException(
            "No component is named for $defs/" + definition.getKey() + " of the schema " + file);
      }
      Schema<?> shape = schema(definition.getValue());
      Schema<?> other = FILES.containsValue(component) ? shape : seen.put(component, shape);
      if (other != null && !other.equals(shape)) {
        throw new IllegalStateException(
            "The schema "
                + file
                + " has another $defs/"
                + definition.getKey()
                + " than the others");
      }
    }
  }

  private static Schema<?> schema(JsonNode json) {
    try {
      return Json31.mapper().treeToValue(json, Schema.class);
    } catch (IOException e) {
      throw new UncheckedIOException("A published schema cannot be read as a schema: " + json, e);
    }
  }

  private static ObjectNode read(String file) {
    String path = FOLDER + file + ".schema.json";
    try (InputStream in =
        Objects.requireNonNull(PublishedSchemas.class.getResourceAsStream(path), path)) {
      String text = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      String lifted =
          DEFINITION
              .matcher(text)
              .replaceAll(found ->
                  RecordSchemas.COMPONENTS
                      + DEFINITIONS.getOrDefault(found.group(1), found.group(1)));
      return (ObjectNode) Json31.mapper().readTree(lifted);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the schema " + path + " of this program", e);
    }
  }
}
