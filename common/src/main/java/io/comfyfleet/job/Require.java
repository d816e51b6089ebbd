package io.comfyfleet.job;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The checks that the records of the contract share; each names the field and the limit. */
final class Require {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]*");

  private Require() {}

  static <T> T present(String field, @Nullable T value) {
    if (value == null) {
      throw new InvalidMessageException(field, "is missing");
    }
    return value;
  }

  static int within(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new InvalidMessageException(
          field, "must be between " + min + " and " + max + ", was " + value);
    }
    return value;
  }

  static String name(String field, @Nullable String value, int maxLength) {
    present(field, value);
    if (value.length() > maxLength || !NAME.matcher(value).matches()) {
      throw new InvalidMessageException(
          field,
          "must be 1 to "
              + maxLength
              + " characters of A-Z a-z 0-9 . _ : - and begin with a letter or digit");
    }
    return value;
  }

  static void atMost(String field, @Nullable String value, int maxLength) {
    if (value != null && value.length() > maxLength) {
      throw new InvalidMessageException(
          field, "must be at most " + maxLength + " characters, was " + value.length());
    }
  }

  static Duration within(String field, Duration value, Duration min, Duration max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new InvalidMessageException(
          field,
          "must be between "
              + min.toSeconds()
              + " and "
              + max.toSeconds()
              + " seconds, was "
              + value.toSeconds());
    }
    return value;
  }

  /** An unmodifiable copy that keeps the order and allows null values, as JSON does. */
  static Map<String, @Nullable Object> copy(@Nullable Map<String, ? extends @Nullable Object> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
