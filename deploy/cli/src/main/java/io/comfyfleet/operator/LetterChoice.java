package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Dead letters to act on: some by id, those that match, or all; never all by accident. */
final class LetterChoice {
  static final String LETTERS = "/api/dead-letters";

  @Parameters(arity = "0..*", paramLabel = "ID", description = "Ids of dead letters.")
  private List<String> ids = List.of();

  @Option(names = "--all", description = "All dead letters.")
  private boolean all;

  @Mixin private LetterFilter filter;

  @Option(names = "--limit", paramLabel = "N", description = "Most of those that match (no limit).")
  private @Nullable Integer limit;

  @Option(names = "--yes", description = "Asks nothing.")
  private boolean yes;

  List<String> ids() {
    return ids;
  }

  /**
   * Acts on the choice after the operator's consent.
   *
   * @param verb last part of the call's path
   * @param more adds to the call's body
   * @return the producer's answer
   * @throws CommandStopped when nothing or too much is chosen, or consent is refused
   */
  String act(Connection connection, String verb, Consumer<ObjectNode> more) {
    boolean matching = all || !filter.isEmpty();
    if (matching == !ids.isEmpty()) {
      throw new CommandStopped(
          Exit.REFUSED, "Say which dead letters: by ID, by a filter such as --reason, or --all.");
    }
    if (matching) {
      String counted =
          connection.api().get(filter.addedTo(new Query().with("limit", 1)).at(LETTERS));
      int count = Api.json(counted).path("matching").asInt();
      int meant = limit == null ? count : Math.min(limit, count);
      connection.confirm(yes || count == 0, sentence(verb, meant));
    }
    ObjectNode body = body();
    more.accept(body);
    return connection.api().post(LETTERS + "/" + verb, body.toString());
  }

  private ObjectNode body() {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    if (!ids.isEmpty()) {
      ArrayNode list = body.putArray("ids");
      ids.forEach(list::add);
    } else if (filter.isEmpty()) {
      body.put("all", true);
    } else {
      body.set("filter", filter.json());
    }
    if (limit != null) {
      body.put("limit", limit);
    }
    return body;
  }

  private static String sentence(String verb, int count) {
    return Character.toUpperCase(verb.charAt(0))
        + verb.substring(1)
        + " "
        + count
        + (count == 1 ? " dead letter" : " dead letters");
  }
}
