package io.comfyfleet.operator;

/** A command ends early, for a reason that a person understands; shown without a stack trace. */
public final class CommandStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Exit exit;

  /**
   * Why it ends.
   *
   * @param message one sentence: what, to what, why, and what to do
   */
  public CommandStopped(Exit exit, String message) {
    super(message);
    this.exit = exit;
  }

  /** How the process ends. */
  public Exit exit() {
    return exit;
  }
}
