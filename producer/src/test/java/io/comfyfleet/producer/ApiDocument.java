package io.comfyfleet.producer;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The served OpenAPI document as a test reads it. */
record ApiDocument(JsonNode json) {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

  /** An operation: its method in lower case, its path with placeholders, its description. */
  record Operation(String method, String path, JsonNode json) {}

  /** A value that should be valid, and the schema that says so. */
  record Sample(String where, JsonNode schema, JsonNode value) {}

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    json.get("paths")
        .properties()
        .forEach(path ->
            path.getValue().properties().stream()
                .filter(method -> METHODS.contains(method.getKey()))
                .forEach(method ->
                    operations.add(
                        new Operation(method.getKey(), path.getKey(), method.getValue()))));
    return operations;
  }

  Operation operation(String id) {
    return operations().stream()
        .filter(each -> each.json().get("operationId").asString().equals(id))
        .findFirst()
        .orElseThrow();
  }

  /** The schema of the JSON that the operation answers with; null when that is no JSON. */
  @Nullable JsonNode answer(Operation operation, int status) {
    JsonNode response = resolve(operation.json().at("/responses").path(Integer.toString(status)));
    if (response.isMissingNode()) {
      throw new AssertionError(
          operation.method() + " " + operation.path() + " has no answer " + status);
    }
    JsonNode schema =
        response
            .path("content")
            .path(status < 400 ? "application/json" : "application/problem+json")
            .path("schema");
    return schema.isMissingNode() ? null : schema;
  }

  /** All examples of bodies, wherever they stand. */
  List<Sample> examples() {
    List<Sample> samples = new ArrayList<>();
    collect("", json, samples);
    return samples;
  }

  private static void collect(String where, JsonNode node, List<Sample> samples) {
    if (node.has("schema") && node.path("examples").isObject()) {
      node.get("examples")
          .properties()
          .forEach(example ->
              samples.add(
                  new Sample(
                      where + "/" + example.getKey(),
                      node.get("schema"),
                      example.getValue().get("value"))));
    } else if (node.has("schema") && node.has("example")) {
      samples.add(new Sample(where, node.get("schema"), node.get("example")));
    }
    if (node.isObject()) {
      node.properties()
          .forEach(each -> collect(where + "/" + each.getKey(), each.getValue(), samples));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(where + "/" + i, node.get(i), samples);
      }
    }
  }

  /**
   * What is wrong with the value.
   *
   * @param closed whether a field that its schema does not name is wrong too
   */
  List<Error> errors(JsonNode schema, JsonNode value, boolean closed) {
    ObjectNode whole = JSON.createObjectNode();
    whole.set("allOf", JSON.createArrayNode().add(schema));
    ObjectNode components = (ObjectNode) json.get("components").deepCopy();
    if (closed) {
      components.get("schemas").values().forEach(ApiDocument::close);
    }
    whole.set("components", components);
    return SCHEMAS
        .getSchema(whole.toString(), InputFormat.JSON)
        .validate(value.toString(), InputFormat.JSON);
  }

  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object
        && object.has("properties")
        && !object.has("additionalProperties")) {
      object.put("additionalProperties", false);
    }
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? json.at(node.get("$ref").asString().substring(1)) : node;
  }
}
