package io.comfyfleet.simulator.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks one literal input: its type, range and list. */
final class InputCheck {
  private static final int LONGEST_LIST = 20;

  private final Predicate<String> imageExists;

  InputCheck(Predicate<String> imageExists) {
    this.imageExists = imageExists;
  }

  /** Checks a literal and replaces it in {@code values} by its converted form. */
  void checkLiteral(
      String type, String input, JsonNode declared, ObjectNode values, ArrayNode reasons) {
    JsonNode value = values.get(input);
    if (value.isObject() && value.has("__value__")) {
      value = value.get("__value__");
      values.set(input, value);
    }
    if (type.equals("LoadImage") && input.equals("image")) {
      checkImage(input, value, reasons);
      return;
    }
    String wanted = declared.get(0).isString() ? declared.get(0).asString() : "COMBO";
    try {
      convert(wanted, input, value, values);
    } catch (IllegalArgumentException e) {
      reasons.add(wrongType(wanted, input, declared, value, String.valueOf(e.getMessage())));
      return;
    }
    checkRange(input, declared, values.get(input), reasons);
    if (wanted.equals("COMBO")) {
      checkList(input, declared, value, reasons);
    }
  }

  private void checkImage(String input, JsonNode value, ArrayNode reasons) {
    if (!imageExists.test(value.asString())) {
      ObjectNode reason =
          GraphValidator.error(
              "custom_validation_failed",
              "Custom validation failed for node",
              input + " - Invalid image file: " + value.asString());
      ((ObjectNode) reason.get("extra_info")).put("input_name", input);
      reasons.add(reason);
    }
  }

  private static void convert(String wanted, String input, JsonNode value, ObjectNode values) {
    switch (wanted) {
      case "INT" -> putWhole(input, value, values);
      case "FLOAT" -> values.put(input, fraction(value));
      case "STRING" -> values.put(input, value.isNull() ? "None" : value.asString());
      case "BOOLEAN" -> values.put(input, truth(value));
      default -> {}
    }
  }

  private static void putWhole(String input, JsonNode value, ObjectNode values) {
    if (value.isBigInteger()) {
      return;
    }
    if (value.isNumber()) {
      values.put(input, value.isIntegralNumber() ? value.longValue() : (long) value.doubleValue());
    } else if (value.isBoolean()) {
      values.put(input, value.asBoolean() ? 1L : 0L);
    } else {
      String text = value.asString().strip();
      if (!text.matches("[+-]?\\d+")) {
        throw new IllegalArgumentException(
            "invalid literal for int() with base 10: '" + value.asString() + "'");
      }
      values.put(input, Long.parseLong(text));
    }
  }

  private static double fraction(JsonNode value) {
    if (value.isNumber()) {
      return value.asDouble();
    }
    if (value.isBoolean()) {
      return value.asBoolean() ? 1 : 0;
    }
    try {
      return Double.parseDouble(value.asString().strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "could not convert string to float: '" + value.asString() + "'", e);
    }
  }

  private static boolean truth(JsonNode value) {
    return switch (value.getNodeType()) {
      case BOOLEAN -> value.asBoolean();
      case NUMBER -> value.asDouble() != 0;
      case STRING -> !value.asString().isEmpty();
      default -> !value.isEmpty();
    };
  }

  private static ObjectNode wrongType(
      String wanted, String input, JsonNode declared, JsonNode value, String message) {
    ObjectNode reason =
        GraphValidator.error(
            "invalid_input_type",
            "Failed to convert an input value to a " + wanted + " value",
            input + ", " + value.asString() + ", " + message);
    ObjectNode extra = GraphWalk.extra(reason, input, declared);
    extra.set("received_value", value);
    extra.put("exception_message", message);
    return reason;
  }

  private static void checkRange(
      String input, JsonNode declared, JsonNode value, ArrayNode reasons) {
    JsonNode config = declared.path(1);
    if (!value.isNumber()) {
      return;
    }
    JsonNode min = config.get("min");
    JsonNode max = config.get("max");
    if (min != null && value.decimalValue().compareTo(min.decimalValue()) < 0) {
      String message = "Value " + value.asString() + " smaller than min of " + min.asString();
      ObjectNode reason = GraphValidator.error("value_smaller_than_min", message, input);
      GraphWalk.extra(reason, input, declared).set("received_value", value);
      reasons.add(reason);
    } else if (max != null && value.decimalValue().compareTo(max.decimalValue()) > 0) {
      String message = "Value " + value.asString() + " bigger than max of " + max.asString();
      ObjectNode reason = GraphValidator.error("value_bigger_than_max", message, input);
      GraphWalk.extra(reason, input, declared).set("received_value", value);
      reasons.add(reason);
    }
  }

  private static void checkList(
      String input, JsonNode declared, JsonNode value, ArrayNode reasons) {
    JsonNode list = declared.get(0).isArray() ? declared.get(0) : declared.path(1).path("options");
    List<String> options = new ArrayList<>();
    for (JsonNode option : list) {
      if (option.equals(value)) {
        return;
      }
      options.add("'" + option.asString() + "'");
    }
    boolean isLong = options.size() > LONGEST_LIST;
    String shown =
        isLong ? "(list of length " + options.size() + ")" : "[" + String.join(", ", options) + "]";
    String quoted = value.isString() ? "'" + value.asString() + "'" : value.toString();
    ObjectNode reason =
        GraphValidator.error(
            "value_not_in_list", "Value not in list", input + ": " + quoted + " not in " + shown);
    GraphWalk.extra(reason, input, isLong ? null : declared).set("received_value", value);
    reasons.add(reason);
  }
}
