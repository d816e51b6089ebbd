package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Which dead letters are meant. */
final class LetterFilter {
  @Option(names = "--reason", paramLabel = "CODE", description = "Only those of that reason.")
  private @Nullable String reason;

  @Option(names = "--node", paramLabel = "NODE", description = "Only those of that node.")
  private @Nullable String node;

  @Option(names = "--lane", paramLabel = "LANE", description = "Only those of that lane.")
  private @Nullable String lane;

  @Option(names = "--run", paramLabel = "RUN", description = "Only those of that run.")
  private @Nullable String run;

  @Option(names = "--job", paramLabel = "JOB", description = "Only those of that job.")
  private @Nullable String job;

  @Option(names = "--older-than", paramLabel = "TIME", description = "Such as 30m, 12h or 7d.")
  private @Nullable String olderThan;

  @Option(names = "--newer-than", paramLabel = "TIME", description = "Such as 30m, 12h or 7d.")
  private @Nullable String newerThan;

  boolean isEmpty() {
    return values().isEmpty();
  }

  Query query() {
    return addedTo(new Query());
  }

  Query addedTo(Query query) {
    values().forEach(query::with);
    return query;
  }

  ObjectNode json() {
    ObjectNode filter = ProducerClient.JSON.createObjectNode();
    values().forEach(filter::put);
    return filter;
  }

  private Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    put(values, "reason", reason);
    put(values, "node", node);
    put(values, "lane", lane);
    put(values, "run", run);
    put(values, "job", job);
    put(values, "older_than", olderThan);
    put(values, "newer_than", newerThan);
    return values;
  }

  private static void put(Map<String, String> values, String name, @Nullable String value) {
    if (value != null) {
      values.put(name, value);
    }
  }
}
