package io.comfyfleet.cli;

import io.comfyfleet.launch.Board;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** One bar per node, redrawn in place on a terminal that understands ANSI cursor movement. */
final class AnsiBoard implements Board {

  private static final int WIDTH = 30;

  private final PrintWriter out;
  private final TreeMap<Integer, Bar> bars = new TreeMap<>();
  private final List<String> nodeIds;

  AnsiBoard(PrintWriter out, List<String> nodeIds) {
    this.out = out;
    this.nodeIds = new ArrayList<>(nodeIds);
    IntStream.range(0, nodeIds.size()).forEach(i -> bars.put(i, new Bar("waiting", 0, 0)));
    bars.values().forEach(bar -> out.println());
    draw();
  }

  @Override
  public synchronized void progress(String nodeId, int index, double fraction) {
    update(nodeId, new Bar("job " + (index + 1), fraction, done(nodeId)));
  }

  @Override
  public synchronized void ended(String nodeId, int index, boolean succeeded) {
    String text = "job " + (index + 1) + (succeeded ? " done" : " failed");
    update(nodeId, new Bar(text, succeeded ? 1 : 0, done(nodeId) + (succeeded ? 1 : 0)));
  }

  @Override
  public synchronized void close() {
    out.flush();
  }

  private int done(String nodeId) {
    Bar bar = bars.get(nodeIds.indexOf(nodeId));
    return bar == null ? 0 : bar.done();
  }

  private void update(String nodeId, Bar bar) {
    int row = nodeIds.indexOf(nodeId);
    if (row >= 0) {
      bars.put(row, bar);
      draw();
    }
  }

  private void draw() {
    out.print("\u001b[" + bars.size() + "A");
    bars.forEach((row, bar) -> out.print("\r\u001b[2K" + line(nodeIds.get(row), bar) + "\n"));
    out.flush();
  }

  private static String line(String nodeId, Bar bar) {
    int full = (int) Math.round(Math.clamp(bar.fraction(), 0, 1) * WIDTH);
    return String.format(
        Locale.ROOT,
        "%-12s %s%s %3d %%  %-14s %d done",
        nodeId,
        "█".repeat(full),
        "░".repeat(WIDTH - full),
        Math.round(bar.fraction() * 100),
        bar.text(),
        bar.done());
  }

  private record Bar(String text, double fraction, int done) {}
}
