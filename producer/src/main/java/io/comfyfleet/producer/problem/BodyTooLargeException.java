package io.comfyfleet.producer.problem;

import java.io.IOException;

/** A request body went past the limit while it was read. */
final class BodyTooLargeException extends IOException {
  private final long limit;

  BodyTooLargeException(long limit) {
    super(
        "The request body is larger than the limit of "
            + limit
            + " bytes; files go to the output store (PUT /api/artifacts/ID) or are named by url");
    this.limit = limit;
  }

  /** In bytes. */
  long limit() {
    return limit;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
