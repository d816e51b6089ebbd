package io.comfyfleet.operator;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Values of the producer's JSON as people read them; {@code -} stands for nothing. */
final class Words {
  static final String NOTHING = "-";

  private Words() {}

  /** A text or number. */
  static String text(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return NOTHING;
    }
    String text = value.isValueNode() ? value.asString("") : value.toString();
    return text.isEmpty() ? NOTHING : text;
  }

  /** A share from 0 to 1 as percent. */
  static String share(JsonNode value) {
    return value.isNumber() ? Math.round(value.asDouble() * 100) + " %" : NOTHING;
  }

  /** Percent. */
  static String percent(JsonNode value) {
    return value.isNumber() ? Math.round(value.asDouble()) + " %" : NOTHING;
  }

  /** Seconds, with one digit behind the point. */
  static String seconds(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.1f s", value.asDouble()) : NOTHING;
  }

  /** How long it is since that time. */
  static String age(JsonNode at, Instant now) {
    Instant then = instant(at);
    return then == null ? NOTHING : duration(Duration.between(then, now));
  }

  /** From one time to another, or to now when the other has not come. */
  static String between(JsonNode from, JsonNode to, Instant now) {
    Instant start = instant(from);
    Instant end = instant(to);
    return start == null ? NOTHING : duration(Duration.between(start, end == null ? now : end));
  }

  /** A time span with two units at most. */
  static String duration(Duration span) {
    if (span.isNegative()) {
      return "0 s";
    }
    if (span.toMinutes() < 1) {
      return span.toSeconds() < 10
          ? String.format(Locale.ROOT, "%.1f s", span.toMillis() / 1000.0)
          : span.toSeconds() + " s";
    }
    if (span.toHours() < 1) {
      return span.toMinutes() + " m " + span.toSecondsPart() + " s";
    }
    return span.toDays() < 1
        ? span.toHours() + " h " + span.toMinutesPart() + " m"
        : span.toDays() + " d " + span.toHoursPart() + " h";
  }

  /** An object as {@code key=value} pairs, a list as its entries. */
  static String pairs(JsonNode value) {
    if (value.isObject()) {
      String pairs =
          value.properties().stream()
              .map(entry -> entry.getKey() + "=" + text(entry.getValue()))
              .collect(Collectors.joining(","));
      return pairs.isEmpty() ? NOTHING : pairs;
    }
    if (value.isArray()) {
      String entries = value.valueStream().map(Words::text).collect(Collectors.joining(","));
      return entries.isEmpty() ? NOTHING : entries;
    }
    return text(value);
  }

  private static @Nullable Instant instant(JsonNode value) {
    try {
      return value.isString() ? Instant.parse(value.asString()) : null;
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
