package io.comfyfleet.producer.deadletter;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a list shows of a letter's body, read without building the rest: graphs may be large and
 * letters many. Whatever is not there, or not what it should be, is null.
 *
 * @param jobId the job
 * @param runId its run
 * @param index its position
 * @param type what it makes
 * @param lane its lane
 * @param attempts how many attempts its history has
 * @param node the last node of its history
 */
record Envelope(
    @Nullable UUID jobId,
    @Nullable String runId,
    @Nullable Integer index,
    @Nullable String type,
    @Nullable String lane,
    int attempts,
    @Nullable String node) {

  private static final Envelope NOTHING = new Envelope(null, null, null, null, null, 0, null);

  static Envelope of(byte[] body, JsonMapper mapper) {
    Envelope read = NOTHING;
    try (JsonParser json = mapper.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return read;
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        read = read.with(name, json);
        json.skipChildren();
      }
    } catch (JacksonException e) {
      // A body that is cut off still tells what stands before the cut.
    }
    return read;
  }

  private Envelope with(String name, JsonParser json) {
    String text = json.currentToken() == JsonToken.VALUE_STRING ? json.getString() : null;
    return switch (name) {
      case "job_id" -> new Envelope(uuid(text), runId, index, type, lane, attempts, node);
      case "run_id" -> new Envelope(jobId, text, index, type, lane, attempts, node);
      case "index" -> {
        Integer at =
            json.currentToken() == JsonToken.VALUE_NUMBER_INT
                ? Integer.valueOf(json.getIntValue())
                : null;
        yield new Envelope(jobId, runId, at, type, lane, attempts, node);
      }
      case "type" -> new Envelope(jobId, runId, index, text, lane, attempts, node);
      case "lane" -> new Envelope(jobId, runId, index, type, text, attempts, node);
      case "attempts" -> {
        JsonNode history = json.readValueAsTree();
        String last = history.path(history.size() - 1).path("node_id").asString(null);
        yield new Envelope(jobId, runId, index, type, lane, history.size(), last);
      }
      default -> this;
    };
  }

  private static @Nullable UUID uuid(@Nullable String text) {
    try {
      return text == null ? null : UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
