package io.comfyfleet.simulator.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A prompt that was accepted.
 *
 * @param number its place in the order, lower first, in the form the client was told
 * @param id the prompt id
 * @param graph the graph
 * @param extraData as posted, plus client id and time; JSON null only on old versions
 * @param outputs the output nodes that will run
 */
public record QueuedPrompt(
    JsonNode number, String id, ObjectNode graph, JsonNode extraData, List<String> outputs)
    implements Comparable<QueuedPrompt> {

  /** Copies the list. */
  public QueuedPrompt {
    outputs = List.copyOf(outputs);
  }

  /** Returns the client whose socket hears of this prompt; null for none. */
  public @Nullable String clientId() {
    return extra("client_id");
  }

  /** Returns the fleet's job that this prompt was submitted for; null for none. */
  public @Nullable String jobId() {
    return extra("fleet_job_id");
  }

  private @Nullable String extra(String name) {
    JsonNode value = extraData.get(name);
    return value == null || value.isNull() ? null : value.asString();
  }

  /** Returns the five-element array of {@code /queue} and {@code /history}. */
  public ArrayNode toJson(boolean withSecrets) {
    ArrayNode item = JsonMapper.shared().createArrayNode();
    item.add(number).add(id).add(graph);
    JsonNode extra = extraData;
    if (!withSecrets && extraData.isObject()) {
      ObjectNode copy = (ObjectNode) extraData.deepCopy();
      copy.remove(List.of("auth_token_comfy_org", "api_key_comfy_org"));
      extra = copy;
    }
    item.add(extra);
    outputs.forEach(item.addArray()::add);
    return item;
  }

  @Override
  public int compareTo(QueuedPrompt other) {
    int byNumber = Double.compare(number.asDouble(), other.number.asDouble());
    return byNumber != 0 ? byNumber : id.compareTo(other.id);
  }
}
