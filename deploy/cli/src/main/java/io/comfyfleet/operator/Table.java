package io.comfyfleet.operator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Rows in aligned columns. Ids and numbers are always whole; where the table is wider than the
 * terminal, the columns that were declared flexible are cut, the widest first.
 */
final class Table {
  private static final String GAP = "  ";
  private static final int NARROWEST = 8;
  private static final String RESET = "\u001b[0m";
  private static final Map<String, String> COLOURS =
      Map.ofEntries(
          Map.entry("succeeded", "\u001b[32m"),
          Map.entry("completed", "\u001b[32m"),
          Map.entry("online", "\u001b[32m"),
          Map.entry("busy", "\u001b[36m"),
          Map.entry("running", "\u001b[36m"),
          Map.entry("partial", "\u001b[33m"),
          Map.entry("paused", "\u001b[33m"),
          Map.entry("draining", "\u001b[33m"),
          Map.entry("failed", "\u001b[31m"),
          Map.entry("expired", "\u001b[31m"),
          Map.entry("unhealthy", "\u001b[31m"),
          Map.entry("offline", "\u001b[31m"));

  private final List<String> headings;
  private final Set<String> flexible;
  private final List<List<String>> rows = new ArrayList<>();
  private final boolean[] numeric;

  /**
   * A table without rows.
   *
   * @param headings one per column; one that begins with {@code >} is aligned to the right
   * @param flexible headings of the columns that may be cut
   */
  Table(List<String> headings, Set<String> flexible) {
    this.headings =
        headings.stream().map(each -> each.startsWith(">") ? each.substring(1) : each).toList();
    this.flexible = Set.copyOf(flexible);
    numeric = new boolean[headings.size()];
    for (int i = 0; i < numeric.length; i++) {
      numeric[i] = headings.get(i).startsWith(">");
    }
  }

  /** One cell per column; line breaks and control characters become blanks. */
  Table row(Object... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + headings);
    }
    rows.add(List.of(cells).stream().map(cell -> clean(cell.toString())).toList());
    return this;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The table without a line break at its end. */
  String render(Terminal terminal) {
    int[] widths = widths(terminal.columns());
    StringBuilder text = new StringBuilder(line(headings, widths, false));
    for (List<String> row : rows) {
      text.append('\n').append(line(row, widths, terminal.coloured()));
    }
    return text.toString();
  }

  private int[] widths(int columns) {
    int[] widths = new int[headings.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = width(headings.get(i));
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    for (int over = total(widths) - columns; over > 0; over--) {
      int widest = -1;
      for (int i = 0; i < widths.length; i++) {
        boolean mayShrink = flexible.contains(headings.get(i)) && widths[i] > NARROWEST;
        if (mayShrink && (widest < 0 || widths[i] > widths[widest])) {
          widest = i;
        }
      }
      if (widest < 0) {
        break;
      }
      widths[widest]--;
    }
    return widths;
  }

  private static int total(int[] widths) {
    int total = GAP.length() * (widths.length - 1);
    for (int width : widths) {
      total += width;
    }
    return total;
  }

  private String line(List<String> cells, int[] widths, boolean coloured) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cut(cells.get(i), widths[i]);
      String padding = " ".repeat(Math.max(0, widths[i] - width(cell)));
      String colour = coloured ? COLOURS.get(cell.toLowerCase(Locale.ROOT)) : null;
      String shown = colour == null ? cell : colour + cell + RESET;
      line.append(i == 0 ? "" : GAP).append(numeric[i] ? padding + shown : shown + padding);
    }
    return line.toString().stripTrailing();
  }

  private static String cut(String text, int most) {
    if (width(text) <= most) {
      return text;
    }
    int end = 0;
    int used = 1;
    while (end < text.length()) {
      int point = text.codePointAt(end);
      if (used + width(point) > most) {
        break;
      }
      used += width(point);
      end += Character.charCount(point);
    }
    return text.substring(0, end) + "…";
  }

  private static int width(String text) {
    return text.codePoints().map(Table::width).sum();
  }

  /** Terminals give the scripts of East Asia, their punctuation and most pictures two columns. */
  private static int width(int point) {
    boolean wide =
        point >= 0x1100 && point <= 0x115f
            || point >= 0x2e80 && point <= 0xa4cf
            || point >= 0xac00 && point <= 0xd7a3
            || point >= 0xf900 && point <= 0xfaff
            || point >= 0xfe30 && point <= 0xfe6f
            || point >= 0xff00 && point <= 0xff60
            || point >= 0x1f300 && point <= 0x1faff
            || point >= 0x20000 && point <= 0x3fffd;
    return wide ? 2 : 1;
  }

  private static String clean(String text) {
    return text.codePoints()
        .map(point -> Character.isISOControl(point) ? ' ' : point)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString()
        .strip();
  }
}
