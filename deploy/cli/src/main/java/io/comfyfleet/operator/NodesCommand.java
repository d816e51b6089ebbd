package io.comfyfleet.operator;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

/** Lists the nodes. */
@Command(
    name = "nodes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists the nodes: what each does, has in hand, and how fast it is.")
public final class NodesCommand implements Callable<Integer> {
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public NodesCommand() {}

  @Override
  public Integer call() {
    return connection.show(
        connection.api().get("/api/nodes"),
        (answer, out) ->
            connection.print(
                table(answer.path("nodes").values()),
                "No nodes; a worker that starts appears by itself within seconds."));
  }

  /** Nodes as a table. */
  static Table table(Iterable<JsonNode> nodes) {
    Instant now = Instant.now();
    Table table =
        new Table(
            List.of(
                "NODE", "STATUS", ">JOBS", "LANES", ">GPU", ">VRAM", ">SPEED", ">DONE", ">FAILED",
                ">HEARD", "REASON"),
            Set.of("LANES", "REASON"));
    for (JsonNode node : nodes) {
      table.row(
          Words.text(node.path("id")),
          Words.text(node.path("status")),
          node.path("jobs").size() + "/" + node.path("slots").asInt(),
          Words.pairs(node.path("lanes")),
          Words.percent(node.path("gpu_usage")),
          Words.percent(node.path("memory_usage")),
          Words.seconds(node.path("processing_speed")),
          node.path("succeeded").asLong(),
          node.path("failed").asLong(),
          Words.age(node.path("last_heartbeat"), now),
          Words.text(node.path("reason")));
    }
    return table;
  }
}
