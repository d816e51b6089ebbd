package io.comfyfleet.producer.problem;

import org.springframework.http.HttpStatus;

/** A request is refused. Becomes a problem document with this status. */
public final class ProblemException extends RuntimeException {
  private final HttpStatus status;
  private final String slug;

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

  /** Status of the answer. */
  public HttpStatus status() {
    return status;
  }

  /** Last part of the problem's type. */
  public String slug() {
    return slug;
  }
}
