package io.comfyfleet.producer.problem;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/** A request is refused. Becomes a problem document with this status. */
public final class ProblemException extends RuntimeException {
  private final HttpStatus status;
  private final String slug;
  private final transient Map<String, Object> members = new LinkedHashMap<>();
  private @Nullable Duration retryAfter;

  /**
   * @param status of the answer
   * @param slug last part of the problem's type, such as {@code artifact-not-found}
   * @param detail one sentence for the caller: what, with which value, what to do
   */
  public ProblemException(HttpStatus status, String slug, String detail) {
    super(detail);
    this.status = status;
    this.slug = slug;
  }

  /**
   * Adds a member to the document, after those that every problem has.
   *
   * @param value anything that JSON can hold; null adds nothing
   */
  public ProblemException with(String name, @Nullable Object value) {
    if (value != null) {
      members.put(name, value);
    }
    return this;
  }

  /** Tells the caller when to ask again, in whole seconds. */
  public ProblemException retryAfter(Duration delay) {
    this.retryAfter = delay;
    return this;
  }

  /** Status of the answer. */
  public HttpStatus status() {
    return status;
  }

  /** Last part of the problem's type. */
  public String slug() {
    return slug;
  }

  Map<String, Object> members() {
    return members;
  }

  @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
