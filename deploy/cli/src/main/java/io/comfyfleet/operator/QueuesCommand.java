package io.comfyfleet.operator;

import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

/** Lists the lanes and what waits there. */
@Command(
    name = "queues",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists the lanes: what waits, what runs, and who serves them.")
public final class QueuesCommand implements Callable<Integer> {
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public QueuesCommand() {}

  @Override
  public Integer call() {
    return connection.show(connection.api().get("/api/queues"), this::list);
  }

  private void list(JsonNode answer, PrintWriter out) {
    Table table =
        new Table(
            List.of("LANE", "QUEUE", ">WAITING", ">RUNNING", ">OLDEST", "SERVED BY"),
            Set.of("SERVED BY"));
    for (JsonNode lane : lanes(answer).values()) {
      boolean nobody = lane.path("no_server").asBoolean(false) || lane.path("served_by").isEmpty();
      table.row(
          Words.text(lane.path("lane")),
          Words.text(lane.path("queue")),
          Words.text(lane.path("waiting")),
          Words.text(lane.path("running")),
          Words.seconds(lane.path("oldest_wait_seconds")),
          nobody ? "nobody now: its jobs wait" : Words.pairs(lane.path("served_by")));
    }
    connection.print(table, "No lanes.");
  }

  private static JsonNode lanes(JsonNode answer) {
    return answer.path("lanes").isArray() ? answer.path("lanes") : answer.path("queues");
  }
}
