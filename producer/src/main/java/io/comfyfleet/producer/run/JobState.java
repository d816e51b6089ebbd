package io.comfyfleet.producer.run;

import io.comfyfleet.job.ResultStatus;
import java.util.Locale;

/** Where a job stands, as callers see it. In JSON the name in lower case. */
public enum JobState {
  /** Kept, not yet on the broker. */
  ACCEPTED,
  /** Waits for the jobs that it depends on. */
  WAITING,
  /** On the broker. */
  QUEUED,
  /** In a node's hands, as far as is known. */
  RUNNING,
  /** All outputs are in the store. */
  SUCCEEDED,
  /** Given up; the result says why. */
  FAILED,
  /** The sender cancelled it. */
  CANCELLED,
  /** It waited longer than it was allowed to. */
  EXPIRED;

  /** The column's value of a job that waits for others. */
  static final String WAITING_COLUMN = "waiting";

  /** The column's value of a job that is on its way: accepted, queued or running. */
  static final String OPEN_COLUMN = "open";

  /** The column's value of a job that ended so. */
  static String column(ResultStatus status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  /** Whether no result has come. */
  public boolean pending() {
    return ordinal() < SUCCEEDED.ordinal();
  }
}
