package io.comfyfleet.producer.template;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.Workflow;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * A value that a caller may choose, and where it stands in the graph.
 *
 * @param node id of the graph's node
 * @param input name of the node's input
 * @param type what it is
 * @param defaultValue used when none is given; null for none: the graph's own value stays
 * @param random whether an integer is drawn when none is given
 * @param required whether one must be given
 * @param min lowest number; null for none
 * @param max highest number; null for none
 * @param multipleOf the number must be a multiple of it; null for any
 * @param description for people
 */
public record Parameter(
    String node,
    String input,
    Type type,
    @Nullable Object defaultValue,
    boolean random,
    boolean required,
    @Nullable BigDecimal min,
    @Nullable BigDecimal max,
    @Nullable BigDecimal multipleOf,
    @Nullable String description) {

  private static final int MOST_DIGITS = 400;

  /** On the wire and in the file the name in lower case. */
  public enum Type {
    /** Text. */
    STRING,
    /** A whole number. */
    INTEGER,
    /** Any number. */
    NUMBER,
    /** True or false. */
    BOOLEAN
  }

  /**
   * The value as ComfyUI wants it. Numbers and booleans may come as text, because many a workflow
   * tool makes text of everything.
   *
   * @throws IllegalArgumentException saying what it must be
   */
  Object converted(Object value) {
    return switch (type) {
      case STRING -> text(value);
      case INTEGER -> integer(value);
      case NUMBER -> number(value).doubleValue();
      case BOOLEAN -> bool(value);
    };
  }

  private static String text(Object value) {
    if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
      throw new IllegalArgumentException("must be text");
    }
    String text = value.toString();
    if (text.length() > Job.PROMPT_LENGTH) {
      throw new IllegalArgumentException(
          "must be at most " + Job.PROMPT_LENGTH + " characters, was " + text.length());
    }
    if (text.startsWith(Workflow.INPUT_PLACEHOLDER)) {
      throw new IllegalArgumentException(
          "must not begin with " + Workflow.INPUT_PLACEHOLDER + "; send files as inputs");
    }
    return text;
  }

  private Object integer(Object value) {
    BigInteger integer = number(value).toBigIntegerExact();
    return integer.bitLength() < Long.SIZE ? (Object) integer.longValue() : integer;
  }

  private BigDecimal number(Object value) {
    BigDecimal number = parsed(value);
    boolean tooLow = min != null && number.compareTo(min) < 0;
    boolean tooHigh = max != null && number.compareTo(max) > 0;
    if (tooLow || tooHigh) {
      throw new IllegalArgumentException(range() + ", was " + shown(value));
    }
    if (multipleOf != null && number.remainder(multipleOf).signum() != 0) {
      throw new IllegalArgumentException(
          "must be a multiple of " + multipleOf.toPlainString() + ", was " + shown(value));
    }
    return number;
  }

  private BigDecimal parsed(Object value) {
    boolean whole = type == Type.INTEGER;
    String wanted = "must be a " + (whole ? "whole number" : "number") + ", was " + shown(value);
    if (!(value instanceof Number || value instanceof String) || value.toString().length() > 64) {
      throw new IllegalArgumentException(wanted);
    }
    BigDecimal number;
    try {
      number = new BigDecimal(value.toString().trim());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(wanted, e);
    }
    // Calculating with 1e999999999 would take all the memory there is.
    boolean absurd = Math.abs((long) number.scale()) > MOST_DIGITS;
    if (absurd || (whole && number.stripTrailingZeros().scale() > 0)) {
      throw new IllegalArgumentException(wanted);
    }
    return number;
  }

  private String range() {
    if (min != null && max != null) {
      return "must be between " + min.toPlainString() + " and " + max.toPlainString();
    }
    return min != null
        ? "must be at least " + min.toPlainString()
        : "must be at most " + String.valueOf(max);
  }

  private static Object bool(Object value) {
    return switch (value.toString()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("must be true or false, was " + shown(value));
    };
  }

  private static String shown(Object value) {
    String text = value.toString();
    return "\"" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "\"";
  }
}
