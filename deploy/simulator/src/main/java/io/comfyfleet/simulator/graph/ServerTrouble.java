package io.comfyfleet.simulator.graph;

import java.io.Serial;

/** What the real server answers with a plain-text 500, though the request was at fault. */
public final class ServerTrouble extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /** Creates one; the message never reaches the client. */
  public ServerTrouble(String message) {
    super(message, null, false, false);
  }
}
