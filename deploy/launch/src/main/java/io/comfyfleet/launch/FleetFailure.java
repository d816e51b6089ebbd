package io.comfyfleet.launch;

/** Something a person at the terminal can understand and act on; shown without a stack trace. */
public final class FleetFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says what was being done, to what, what happened and what to do. */
  public FleetFailure(String message) {
    super(message);
  }

  /** The same with the exception that led to it. */
  public FleetFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
