package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Shows one node and carries the operator's word to it. */
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    description = "Shows a node, or tells it what to do; it obeys within a second.",
    synopsisSubcommandLabel = "(show | pause | resume | drain | slots | lanes)")
public final class NodeCommand {
  private static final String KEEP = "Also after a restart of the worker.";

  /** Made by the command line only. */
  public NodeCommand() {}

  @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one node.")
  int show(
      @Parameters(paramLabel = "NODE", description = "Id of a node.") String id,
      @Mixin Connection connection) {
    return connection.show(
        connection.api().get(path(id)),
        (node, out) -> {
          connection.print(NodesCommand.table(List.of(node)), "");
          out.println();
          details(node, out);
        });
  }

  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      description = "Its jobs end, no new one comes.")
  int pause(
      @Parameters(paramLabel = "NODE", description = "Id of a node.") String id,
      @Option(names = "--keep", description = KEEP) boolean keep,
      @Mixin Connection connection) {
    return tell(connection, id, "pause", keep, "is told to pause: its jobs end, no new one comes");
  }

  @Command(name = "resume", mixinStandardHelpOptions = true, description = "It works again.")
  int resume(
      @Parameters(paramLabel = "NODE", description = "Id of a node.") String id,
      @Option(names = "--keep", description = KEEP) boolean keep,
      @Mixin Connection connection) {
    return tell(connection, id, "resume", keep, "is told to work again");
  }

  @Command(
      name = "drain",
      mixinStandardHelpOptions = true,
      description = "Its jobs end, then its worker exits.")
  int drain(
      @Parameters(paramLabel = "NODE", description = "Id of a node.") String id,
      @Option(names = "--keep", description = KEEP) boolean keep,
      @Mixin Connection connection) {
    return tell(connection, id, "drain", keep, "is told to drain: its jobs end, then it exits");
  }

  @Command(name = "slots", mixinStandardHelpOptions = true, description = "Sets its jobs at once.")
  int slots(
      @Parameters(index = "0", paramLabel = "NODE", description = "Id of a node.") String id,
      @Parameters(index = "1", paramLabel = "N", description = "Jobs at once.") int slots,
      @Option(names = "--keep", description = KEEP) boolean keep,
      @Mixin Connection connection) {
    ObjectNode change = ProducerClient.JSON.createObjectNode().put("slots", slots);
    return change(connection, id, change, keep, "is told to take " + slots + " jobs at once");
  }

  @Command(
      name = "lanes",
      mixinStandardHelpOptions = true,
      description = "Sets the lanes it serves and the slots of each.")
  int lanes(
      @Parameters(index = "0", paramLabel = "NODE", description = "Id of a node.") String id,
      @Parameters(
              index = "1",
              split = ",",
              paramLabel = "LANE=N",
              description = "Such as image=1,video=1.")
          Map<String, Integer> lanes,
      @Option(names = "--keep", description = KEEP) boolean keep,
      @Mixin Connection connection) {
    ObjectNode change = ProducerClient.JSON.createObjectNode();
    ObjectNode each = change.putObject("lanes");
    lanes.forEach(each::put);
    return change(connection, id, change, keep, "is told to serve " + lanes.keySet());
  }

  private static int tell(
      Connection connection, String id, String word, boolean keep, String sentence) {
    String path = new Query().with("keep", keep ? true : null).at(path(id) + "/" + word);
    return connection.show(
        connection.api().post(path, null),
        (node, out) -> out.println("node " + id + " " + sentence));
  }

  private static int change(
      Connection connection, String id, ObjectNode change, boolean keep, String sentence) {
    if (keep) {
      change.put("keep", true);
    }
    return connection.show(
        connection.api().patch(path(id), change.toString()),
        (node, out) -> out.println("node " + id + " " + sentence));
  }

  private static void details(JsonNode node, PrintWriter out) {
    node.properties().stream()
        .filter(each -> !each.getKey().equals("jobs") && !each.getValue().isNull())
        .forEach(each -> out.println("  " + each.getKey() + ": " + Words.pairs(each.getValue())));
    for (JsonNode job : node.path("jobs").values()) {
      out.println("  job: " + Words.pairs(job));
    }
  }

  private static String path(String id) {
    return "/api/nodes/" + Api.encoded(id);
  }
}
