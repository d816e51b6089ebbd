package io.comfyfleet.cli;

/** Something a person at the terminal can understand and act on; shown without a stack trace. */
final class FleetFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  FleetFailure(String message) {
    super(message);
  }

  FleetFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
