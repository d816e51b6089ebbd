package io.comfyfleet.worker.comfy;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A text message of ComfyUI's websocket.
 *
 * @param type its type; unknown ones are common, since custom nodes send their own
 * @param promptId the prompt it tells of; null when it tells of none
 * @param data its data
 */
record SocketMessage(String type, @Nullable String promptId, JsonNode data) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The message, or null when the text is none. */
  static @Nullable SocketMessage parse(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      JsonNode data = json.path("data");
      String promptId = data.path("prompt_id").asString("");
      return new SocketMessage(
          json.path("type").asString(""), promptId.isEmpty() ? null : promptId, data);
    } catch (JacksonException e) {
      return null;
    }
  }
}
