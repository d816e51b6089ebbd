package io.comfyfleet.job;

/** How a job ended. On the wire the name in lower case. */
public enum ResultStatus {
  /** All outputs are in the store. */
  SUCCEEDED,
  /** Given up; the error says why, and the job is among the dead letters unless it never ran. */
  FAILED,
  /** The sender cancelled it. */
  CANCELLED,
  /** It waited longer than it was allowed to. */
  EXPIRED
}
