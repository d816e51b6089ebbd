package io.comfyfleet.job;

/** Where a run stands. On the wire the name in lower case. */
public enum RunStatus {
  /** Jobs are still to come or to end. */
  OPEN,
  /** Every job succeeded, or as many as the run asked for. */
  COMPLETED,
  /** All jobs ended; some succeeded, too few for completed. */
  PARTIAL,
  /** All jobs ended; none succeeded. */
  FAILED,
  /** The sender cancelled it. */
  CANCELLED,
  /** Its deadline passed before it was complete. */
  EXPIRED
}
