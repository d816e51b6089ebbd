package io.comfyfleet.simulator.execution;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes JSON in ASCII, as a PNG text chunk needs. */
final class AsciiJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private AsciiJson() {}

  static String write(JsonNode node) {
    return MAPPER.writeValueAsString(node);
  }
}
