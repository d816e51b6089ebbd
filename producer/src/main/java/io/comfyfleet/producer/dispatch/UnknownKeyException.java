package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;

/**
 * A request names a job that its run does not have. Where requests may overtake each other, that
 * job may be yet to come.
 */
public final class UnknownKeyException extends RuntimeException {
  private final InvalidMessageException refusal;

  UnknownKeyException(String key) {
    this(
        new InvalidMessageException(
            "depends_on", "names \"" + key + "\", which is no earlier job of the run"));
  }

  private UnknownKeyException(InvalidMessageException refusal) {
    super(refusal.getMessage());
    this.refusal = refusal;
  }

  /** The same where no job is yet to come. */
  InvalidMessageException refusal() {
    return refusal;
  }
}
