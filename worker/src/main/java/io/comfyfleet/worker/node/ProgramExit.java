package io.comfyfleet.worker.node;

/** The way to end the program in good order. */
@FunctionalInterface
public interface ProgramExit {
  /** Asks for the end. Returns at once. */
  void request();
}
