package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Lists the lanes, declares one, or removes one. */
@Command(
    name = "lanes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists the lanes; declares or removes one while everything runs.")
public final class LanesCommand implements Callable<Integer> {
  private static final String LANES = "/api/lanes";

  @ArgGroup private @Nullable Change change;
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public LanesCommand() {}

  @Override
  public Integer call() {
    if (change == null) {
      return connection.show(connection.api().get(LANES), this::list);
    }
    if (change.add != null) {
      String body = ProducerClient.JSON.createObjectNode().put("lane", change.add).toString();
      return connection.show(
          connection.api().post(LANES, body),
          (lane, out) -> out.println("lane " + change.add + " is declared"));
    }
    connection.api().delete(LANES + "/" + Api.encoded(String.valueOf(change.remove)));
    return connection.show("{}", (none, out) -> out.println("lane " + change.remove + " is gone"));
  }

  private void list(JsonNode answer, PrintWriter out) {
    Table table =
        new Table(List.of("LANE", "QUEUE", "DECLARED BY", "SERVED BY"), Set.of("SERVED BY"));
    for (JsonNode lane : answer.path("lanes").values()) {
      table.row(
          Words.text(lane.path("lane")),
          Words.text(lane.path("queue")),
          lane.path("configured").asBoolean(true) ? "configuration" : "API",
          Words.pairs(lane.path("served_by")));
    }
    connection.print(table, "No lanes.");
  }

  /** One or the other. */
  static final class Change {
    @Option(names = "--add", paramLabel = "LANE", description = "Declares a lane.")
    private @Nullable String add;

    @Option(
        names = "--remove",
        paramLabel = "LANE",
        description = "Removes a lane that nobody serves and that holds nothing.")
    private @Nullable String remove;
  }
}
