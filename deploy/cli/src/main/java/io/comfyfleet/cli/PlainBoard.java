package io.comfyfleet.cli;

import io.comfyfleet.launch.Board;
import java.io.PrintWriter;

/** One line per ended job, for logs and pipes. */
final class PlainBoard implements Board {

  private final PrintWriter out;

  PlainBoard(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void progress(String nodeId, int index, double fraction) {}

  @Override
  public synchronized void ended(String nodeId, int index, boolean succeeded) {
    String node = nodeId.isEmpty() ? "no node" : nodeId;
    out.println(node + ": job " + (index + 1) + (succeeded ? " done" : " failed"));
    out.flush();
  }

  @Override
  public void close() {}
}
