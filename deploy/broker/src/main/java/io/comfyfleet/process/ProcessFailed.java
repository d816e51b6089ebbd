package io.comfyfleet.process;

/**
 * A started program did not start or ended when it should not have; the text shows its log's end.
 */
public final class ProcessFailed extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message what was started, what happened, and the last lines of its log
   */
  public ProcessFailed(String message) {
    super(message);
  }

  ProcessFailed(String message, Throwable cause) {
    super(message, cause);
  }
}
