package io.comfyfleet.operator;

import java.io.PrintWriter;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Which part of a long list is shown. */
final class PageOptions {
  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "Most entries (50).")
  private int limit;

  @Option(
      names = "--offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "Entries left out at the front (0).")
  private int offset;

  Query query() {
    return new Query().with("limit", limit).with("offset", offset);
  }

  /** Says how to see the rest of a list, if there is one. */
  void more(JsonNode answer, String list, PrintWriter out) {
    int total =
        answer.hasNonNull("matching")
            ? answer.path("matching").asInt()
            : answer.path("total").asInt();
    int shown = offset + answer.path(list).size();
    if (shown < total && !answer.path(list).isEmpty()) {
      out.println(
          (offset + 1) + " to " + shown + " of " + total + "; the next with --offset " + shown);
    }
  }
}
