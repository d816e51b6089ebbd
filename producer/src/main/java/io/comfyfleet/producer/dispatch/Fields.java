package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a JSON object, each read as one type or refused by its name. Numbers may stand in
 * strings, because n8n's expressions often make them so; null counts as absent.
 *
 * @param json the object
 * @param mapper for free-form parts
 */
record Fields(ObjectNode json, JsonMapper mapper) {
  private static final int NAME_LENGTH = 100;

  @Nullable String text(String name) {
    JsonNode value = value(name);
    if (value == null) {
      return null;
    }
    if (!value.isString()) {
      throw new InvalidMessageException(name, "must be a string, was " + shown(value));
    }
    return value.asString();
  }

  /** A short text that may not be blank. */
  @Nullable String name(String name) {
    String text = text(name);
    if (text != null && (text.isBlank() || text.length() > NAME_LENGTH)) {
      throw new InvalidMessageException(
          name, "must be 1 to " + NAME_LENGTH + " characters, was " + text.length());
    }
    return text;
  }

  @Nullable Integer integer(String name) {
    BigDecimal number = number(name, "a whole number");
    if (number == null) {
      return null;
    }
    try {
      return number.intValueExact();
    } catch (ArithmeticException e) {
      throw new InvalidMessageException(name, "must be a whole number, was " + number);
    }
  }

  @Nullable Duration seconds(String name) {
    BigDecimal number = number(name, "a number of seconds");
    if (number == null) {
      return null;
    }
    // Ten years are more than any limit; it keeps the arithmetic from overflowing.
    if (number.signum() <= 0 || number.compareTo(BigDecimal.valueOf(315_360_000)) > 0) {
      throw new InvalidMessageException(
          name, "must be between 1 and 315360000 seconds, was " + number);
    }
    return Duration.ofMillis(Math.round(number.doubleValue() * 1000));
  }

  @Nullable UUID uuid(String name) {
    String text = text(name);
    if (text == null) {
      return null;
    }
    try {
      UUID id = UUID.fromString(text);
      if (id.toString().equalsIgnoreCase(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // Said below, for this and for the short forms that the JDK lets pass.
    }
    throw new InvalidMessageException(name, "must be a UUID, was \"" + cut(text) + "\"");
  }

  @Nullable URI uri(String name) {
    String text = text(name);
    try {
      return text == null ? null : new URI(text.trim());
    } catch (java.net.URISyntaxException e) {
      throw new InvalidMessageException(name, "must be an address: " + e.getMessage());
    }
  }

  /** A free-form object; empty when absent. */
  Map<String, @Nullable Object> map(String name) {
    JsonNode value = value(name);
    if (value == null) {
      return Map.of();
    }
    if (!value.isObject()) {
      throw new InvalidMessageException(name, "must be an object, was " + shown(value));
    }
    return mapper.convertValue(value, new TypeReference<>() {});
  }

  /** Anything, as decoded JSON. */
  @Nullable Object any(String name) {
    JsonNode value = value(name);
    return value == null ? null : mapper.convertValue(value, Object.class);
  }

  /** A list of objects, each read in turn; empty when absent. */
  <T> List<T> objects(String name, int most, Function<Fields, T> reader) {
    List<T> all = new ArrayList<>();
    for (JsonNode each : array(name, most)) {
      String place = name + "[" + all.size() + "]";
      if (!(each instanceof ObjectNode object)) {
        throw new InvalidMessageException(place, "must be an object, was " + shown(each));
      }
      try {
        all.add(reader.apply(new Fields(object, mapper)));
      } catch (InvalidMessageException e) {
        throw at(place, e);
      }
    }
    return all;
  }

  /** A list of strings; one string alone counts as a list of it. */
  List<String> texts(String name, int most) {
    if (value(name) instanceof JsonNode one && one.isString()) {
      return List.of(one.asString());
    }
    List<String> all = new ArrayList<>();
    for (JsonNode each : array(name, most)) {
      if (!each.isString()) {
        throw new InvalidMessageException(
            name + "[" + all.size() + "]", "must be a string, was " + shown(each));
      }
      all.add(each.asString());
    }
    return all;
  }

  /** The same refusal, its field seen from further out. */
  static InvalidMessageException at(String place, InvalidMessageException inner) {
    String problem = inner.getMessage().substring(inner.field().length()).strip();
    return new InvalidMessageException(place + "." + inner.field(), problem);
  }

  private JsonNode array(String name, int most) {
    JsonNode value = value(name);
    if (value == null) {
      return mapper.createArrayNode();
    }
    if (!value.isArray()) {
      throw new InvalidMessageException(name, "must be a list, was " + shown(value));
    }
    if (value.size() > most) {
      throw new InvalidMessageException(
          name, "must be at most " + most + " entries, was " + value.size());
    }
    return value;
  }

  private @Nullable BigDecimal number(String name, String what) {
    JsonNode value = value(name);
    if (value == null) {
      return null;
    }
    if (value.isNumber()) {
      return value.decimalValue();
    }
    String text = value.isString() ? value.asString().trim() : "";
    if (text.matches("[+-]?\\d{1,18}(\\.\\d{1,9})?")) {
      return new BigDecimal(text);
    }
    throw new InvalidMessageException(name, "must be " + what + ", was " + shown(value));
  }

  private @Nullable JsonNode value(String name) {
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private static String shown(JsonNode value) {
    return value.isContainer()
        ? (value.isObject() ? "an object" : "a list")
        : cut(value.toString());
  }

  private static String cut(String text) {
    return text.length() <= 60 ? text : text.substring(0, 59) + "…";
  }
}
