package io.comfyfleet.producer.dashboard;

import java.util.List;

/**
 * Something that an operator should do something about.
 *
 * @param severity how much it matters
 * @param key of the sentence, {@code trouble.…} in the messages
 * @param args what the sentence names
 * @param link page that shows more
 */
record Trouble(Severity severity, String key, List<Object> args, String link) {

  /** In the order of the page. */
  enum Severity {
    /** Work stands still. */
    ERROR,
    /** Work goes on, with less than there could be. */
    WARNING
  }

  static Trouble error(String key, String link, Object... args) {
    return new Trouble(Severity.ERROR, "trouble." + key, List.of(args), link);
  }

  static Trouble warning(String key, String link, Object... args) {
    return new Trouble(Severity.WARNING, "trouble." + key, List.of(args), link);
  }
}
