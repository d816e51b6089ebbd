package io.comfyfleet.producer.openapi;

import io.swagger.v3.core.util.Json31;
import io.swagger.v3.core.util.Yaml31;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.Paths;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.customizers.OpenApiCustomizer;

/**
 * Lays the words of {@code openapi/api.yaml} over what was found in the controllers. Each operation
 * and each parameter stands in both: one that only one of the two knows fails the document, so
 * nothing undocumented is served and nothing is documented that is not there.
 */
class ApiWords implements OpenApiCustomizer {
  private static final String RESOURCE = "/openapi/api.yaml";

  /** The words as they are written. */
  static OpenAPI read() {
    try (InputStream in =
        Objects.requireNonNull(ApiWords.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      return Yaml31.mapper().readValue(in, OpenAPI.class);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + RESOURCE + " of this program", e);
    }
  }

  @Override
  public void customise(OpenAPI api) {
    OpenAPI all = read();
    Paths words = all.getPaths();
    same("paths", api.getPaths().keySet(), words.keySet());
    Paths ordered = new Paths();
    words.forEach((path, item) -> {
      PathItem found = api.getPaths().get(path);
      Map<PathItem.HttpMethod, Operation> operations = found.readOperationsMap();
      same(path, operations.keySet(), item.readOperationsMap().keySet());
      item.readOperationsMap()
          .forEach((method, operation) ->
              describe(method + " " + path, operations.get(method), operation));
      ordered.addPathItem(path, found);
    });
    api.setPaths(ordered);
    api.setTags(all.getTags());
    Components components = api.getComponents();
    all.getComponents().getSchemas().forEach(components::addSchemas);
    PublishedSchemas.addTo(components);
    components.setSchemas(new TreeMap<>(components.getSchemas()));
    prune(api, components.getSchemas().keySet());
  }

  /** Shapes that the words replaced are referred to by nothing any more. */
  private static void prune(OpenAPI api, Set<String> schemas) {
    boolean unused;
    do {
      String text = Json31.pretty(api);
      unused =
          schemas.removeIf(name -> !text.contains('"' + RecordSchemas.COMPONENTS + name + '"'));
    } while (unused);
  }

  private static void describe(String where, @Nullable Operation operation, Operation words) {
    Objects.requireNonNull(operation, where);
    operation.setTags(words.getTags());
    operation.setOperationId(words.getOperationId());
    operation.setSummary(words.getSummary());
    operation.setDescription(words.getDescription());
    operation.setCallbacks(words.getCallbacks());
    parameters(where, operation, words);
    if (words.getRequestBody() != null) {
      operation.setRequestBody(words.getRequestBody());
    }
    operation.setResponses(responses(success(operation), words.getResponses()));
  }

  private static void parameters(String where, Operation operation, Operation words) {
    Map<String, Parameter> found = byName(operation.getParameters());
    Map<String, Parameter> told = byName(words.getParameters());
    // A controller need not read a part of the path that is there for people.
    told.values().stream()
        .filter(parameter -> where.contains("{" + parameter.getName() + "}"))
        .forEach(parameter -> {
          parameter.setRequired(true);
          found.putIfAbsent(key(parameter), parameter);
        });
    same("parameters of " + where, found.keySet(), told.keySet());
    told.forEach((key, parameter) -> {
      Parameter served = found.get(key);
      if (served != null && parameter.getSchema() != null && served.getSchema() != null) {
        parameter.setRequired(Boolean.TRUE.equals(served.getRequired()));
        parameter.getSchema().setDefault(served.getSchema().getDefault());
      }
    });
    operation.setParameters(words.getParameters());
  }

  private static Map<String, Parameter> byName(@Nullable List<Parameter> parameters) {
    Map<String, Parameter> byName = new HashMap<>();
    if (parameters != null) {
      parameters.forEach(parameter -> byName.put(key(parameter), parameter));
    }
    return byName;
  }

  private static String key(Parameter parameter) {
    return parameter.getIn() + " " + parameter.getName();
  }

  /** The shape of what the controller returns. */
  private static @Nullable Schema<?> success(Operation operation) {
    return operation.getResponses().entrySet().stream()
        .filter(response -> response.getKey().startsWith("2"))
        .map(response -> response.getValue().getContent())
        .filter(Objects::nonNull)
        .flatMap(content -> content.values().stream())
        .<Schema<?>>map(media -> media.getSchema())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static ApiResponses responses(@Nullable Schema<?> success, ApiResponses words) {
    words.forEach((status, response) -> {
      Content content = response.getContent();
      if (status.startsWith("2") && content != null) {
        content.values().stream()
            .filter(media -> media.getSchema() == null)
            .forEach(media -> media.setSchema(success));
      }
    });
    words.addApiResponse("default", new ApiResponse().$ref("#/components/responses/Refused"));
    return words;
  }

  private static void same(String what, Iterable<?> found, Iterable<?> told) {
    TreeSet<String> served = names(found);
    TreeSet<String> described = names(told);
    if (!served.equals(described)) {
      TreeSet<String> undescribed = new TreeSet<>(served);
      undescribed.removeAll(described);
      described.removeAll(served);
      throw new IllegalStateException(
          "The API and its words differ in "
              + what
              + ": "
              + RESOURCE
              + " lacks "
              + undescribed
              + " and describes what is not there: "
              + described);
    }
  }

  private static TreeSet<String> names(Iterable<?> things) {
    TreeSet<String> names = new TreeSet<>();
    things.forEach(thing -> names.add(thing.toString()));
    return names;
  }
}
