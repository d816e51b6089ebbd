package io.comfyfleet.job;

/**
 * A value breaks the contract: a field is missing, out of range or too large. Thrown by the
 * constructors of this package; a repeat of the same value can never succeed.
 */
public final class InvalidMessageException extends IllegalArgumentException {
  private final String field;

  /**
   * @param field path of the offending field as it stands on the wire, such as {@code priority} or
   *     {@code inputs[0].url}
   * @param problem what is wrong and what is allowed, with the value where it is short
   */
  public InvalidMessageException(String field, String problem) {
    super(field + " " + problem);
    this.field = field;
  }

  /** Path of the offending field as it stands on the wire. */
  public String field() {
    return field;
  }
}
