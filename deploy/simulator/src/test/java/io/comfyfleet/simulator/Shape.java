package io.comfyfleet.simulator;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Compares JSON with a shape: {@code string}, {@code number}, {@code boolean}, {@code null}, {@code
 * any}; {@code =text} for exactly that text; an object for exactly its keys, {@code *} standing for
 * any one key; a list for elements that each fit one of its members, empty for an empty list.
 */
final class Shape {
  private Shape() {}

  /** Returns the first difference, empty when there is none. */
  static Optional<String> difference(JsonNode shape, JsonNode actual, String path) {
    if (shape.isString()) {
      return fits(shape.asString(), actual)
          ? Optional.empty()
          : Optional.of(path + " should be " + shape.asString() + " but is " + actual);
    }
    if (shape.isObject()) {
      return objects(shape, actual, path);
    }
    if (!actual.isArray() || shape.isEmpty() != actual.isEmpty()) {
      return Optional.of(path + " should be a list like " + shape + " but is " + actual);
    }
    for (JsonNode element : actual) {
      boolean known = false;
      for (JsonNode alternative : shape) {
        known = known || difference(alternative, element, path).isEmpty();
      }
      if (!known) {
        return Optional.of(path + " has " + element + " where it should have one of " + shape);
      }
    }
    return Optional.empty();
  }

  private static boolean fits(String shape, JsonNode actual) {
    return switch (shape) {
      case "any" -> true;
      case "string" -> actual.isString();
      case "number" -> actual.isNumber();
      case "boolean" -> actual.isBoolean();
      case "null" -> actual.isNull();
      default -> actual.isString() && shape.equals("=" + actual.asString());
    };
  }

  private static Optional<String> objects(JsonNode shape, JsonNode actual, String path) {
    if (!actual.isObject()) {
      return Optional.of(path + " should be an object but is " + actual);
    }
    for (var entry : actual.properties()) {
      JsonNode expected = shape.get(entry.getKey());
      expected = expected == null ? shape.get("*") : expected;
      if (expected == null) {
        return Optional.of(path + " has the unexpected key " + entry.getKey());
      }
      Optional<String> deeper = difference(expected, entry.getValue(), path + "/" + entry.getKey());
      if (deeper.isPresent()) {
        return deeper;
      }
    }
    for (String key : shape.propertyNames()) {
      if (!key.equals("*") && !actual.has(key)) {
        return Optional.of(path + " lacks the key " + key);
      }
    }
    return Optional.empty();
  }
}
