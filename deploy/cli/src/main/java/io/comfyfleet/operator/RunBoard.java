package io.comfyfleet.operator;

import io.comfyfleet.launch.Board;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * A run on a terminal: one bar for the whole and one for each job in a node's hands, drawn over
 * themselves. Where there is no terminal, a line for each job that ends.
 */
final class RunBoard implements Board {
  private static final int MOST_BARS = 12;
  private static final int BAR = 24;

  private final PrintWriter out;
  private final boolean drawn;
  private final int total;
  private final TreeMap<Integer, Held> held = new TreeMap<>();
  private int succeeded;
  private int failed;
  private int lines;

  /**
   * Draws the first picture.
   *
   * @param drawn whether {@code out} is a terminal
   * @param total jobs of the run
   */
  RunBoard(PrintWriter out, boolean drawn, int total) {
    this.out = out;
    this.drawn = drawn;
    this.total = total;
    draw();
  }

  @Override
  public synchronized void progress(String nodeId, int index, double fraction) {
    held.put(index, new Held(nodeId, Math.clamp(fraction, 0, 1)));
    draw();
  }

  @Override
  public synchronized void ended(String nodeId, int index, boolean good) {
    held.remove(index);
    succeeded += good ? 1 : 0;
    failed += good ? 0 : 1;
    if (drawn) {
      draw();
    } else {
      String where = nodeId.isEmpty() ? "" : " on " + nodeId;
      out.println(
          "job "
              + (index + 1)
              + " of "
              + total
              + (good ? " succeeded" : " did not succeed")
              + where);
      out.flush();
    }
  }

  @Override
  public void close() {
    out.flush();
  }

  private void draw() {
    if (!drawn) {
      return;
    }
    List<String> picture = new ArrayList<>();
    double running = held.values().stream().mapToDouble(Held::fraction).sum();
    double share = total == 0 ? 0 : Math.min(1, (succeeded + failed + running) / total);
    picture.add(
        line(
            "run",
            share,
            succeeded + " of " + total + (failed == 0 ? "" : ", " + failed + " not")));
    held.forEach((index, job) -> {
      if (picture.size() <= MOST_BARS) {
        picture.add(line("job " + (index + 1), job.fraction(), job.nodeId()));
      }
    });
    if (lines > 0) {
      out.print("\u001b[" + lines + "A\u001b[J");
    }
    picture.forEach(line -> out.print(line + "\n"));
    out.flush();
    lines = picture.size();
  }

  private static String line(String name, double fraction, String text) {
    int full = (int) Math.round(fraction * BAR);
    return String.format(
        Locale.ROOT,
        "%-8s %s%s %3d %%  %s",
        name,
        "█".repeat(full),
        "░".repeat(BAR - full),
        Math.round(fraction * 100),
        text);
  }

  private record Held(String nodeId, double fraction) {}
}
