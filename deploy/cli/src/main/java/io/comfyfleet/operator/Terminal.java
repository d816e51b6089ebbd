package io.comfyfleet.operator;

import java.util.Map;
import java.util.Properties;

/**
 * What stands at the other end of the standard streams, as the launcher found it: asking the JVM
 * would load a console library first.
 *
 * @param output whether standard output is a terminal
 * @param input whether standard input is one
 * @param columns how wide a table may be
 * @param coloured whether words may be coloured
 */
record Terminal(boolean output, boolean input, int columns, boolean coloured) {
  private static final int FILE_COLUMNS = 120;
  private static final int FEWEST = 40;

  /** This process's. */
  static Terminal current() {
    return of(System.getProperties(), System.getenv());
  }

  static Terminal of(Properties properties, Map<String, String> environment) {
    boolean output = "1".equals(properties.getProperty("fleet.terminal.output"));
    boolean coloured =
        output
            && environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !"dumb".equals(environment.get("TERM"));
    return new Terminal(
        output,
        "1".equals(properties.getProperty("fleet.terminal.input")),
        columns(properties.getProperty("fleet.terminal.columns", "")),
        coloured);
  }

  private static int columns(String text) {
    try {
      return Math.max(FEWEST, Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return FILE_COLUMNS;
    }
  }
}
