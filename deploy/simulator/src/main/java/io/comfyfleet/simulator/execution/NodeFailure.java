package io.comfyfleet.simulator.execution;

import java.io.Serial;

/** A Python exception inside a node. */
final class NodeFailure extends Exception {
  @Serial private static final long serialVersionUID = 1;
  private final String type;

  NodeFailure(String type, String message) {
    super(message, null, false, false);
    this.type = type;
  }

  /** The Python type, such as {@code torch.OutOfMemoryError}. */
  String type() {
    return type;
  }

  String message() {
    return String.valueOf(getMessage());
  }
}
