package io.comfyfleet.simulator.wrapper;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a job makes, and the graph that makes it. */
enum Kind {
  IMAGE(
      """
      {"1": {"class_type": "PrimitiveString", "inputs": {}},
       "2": {"class_type": "EmptyImage", "inputs": {"batch_size": 1}},
       "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0],
             "filename_prefix": "wrapper/image"}}}
      """),
  VIDEO(
      """
      {"1": {"class_type": "PrimitiveString", "inputs": {}},
       "2": {"class_type": "EmptyImage", "inputs": {"batch_size": 8}},
       "3": {"class_type": "CreateVideo", "inputs": {"images": ["2", 0], "fps": 8.0}},
       "4": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0],
             "filename_prefix": "wrapper/video", "format": "auto", "codec": "auto"}}}
      """);

  private static final int SIDE_PX = 256;

  private final String graph;

  Kind(String graph) {
    this.graph = graph;
  }

  /** Null when the path names no kind. */
  static @Nullable Kind of(String path) {
    return switch (path) {
      case "image" -> IMAGE;
      case "video" -> VIDEO;
      default -> null;
    };
  }

  /**
   * @param request the caller's body: {@code prompt}, and {@code width}, {@code height} in pixels
   *     and {@code seed} when given; ComfyUI judges them
   */
  ObjectNode graph(JsonNode request) {
    ObjectNode filled = (ObjectNode) JsonMapper.shared().readTree(graph);
    inputs(filled, "1").put("value", request.path("prompt").asString(""));
    // An equal graph would be answered from ComfyUI's cache, with the file of the first time.
    long seed = request.path("seed").asLong(ThreadLocalRandom.current().nextLong());
    ObjectNode picture = inputs(filled, "2").put("color", (int) (seed & 0xFFFFFF));
    picture.put("width", request.path("width").asInt(SIDE_PX));
    picture.put("height", request.path("height").asInt(SIDE_PX));
    return filled;
  }

  private static ObjectNode inputs(ObjectNode graph, String node) {
    return (ObjectNode) graph.path(node).path("inputs");
  }
}
