package io.comfyfleet.cli;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the bodies of {@code POST /api/runs} for a demo.
 *
 * @param jobs jobs in each run
 * @param type type of every job
 * @param graph ComfyUI graph to send; null to send prompts
 */
record RunBodies(int jobs, String type, @Nullable JsonNode graph) {

  private static final int EVERY_COLOUR = 0x1000000;
  private static final Set<String> SEEDS = Set.of("seed", "noise_seed");
  private static final List<String> PROMPTS =
      List.of(
          "a red fox in fresh snow",
          "a lighthouse in a storm",
          "a market street at dawn",
          "a paper boat on a quiet pond",
          "a train crossing a stone bridge",
          "a greenhouse at night, lit from inside");

  static RunBodies of(DemoOptions options) {
    Path file = options.workflow();
    return new RunBodies(options.jobs(), options.type(), file == null ? null : read(file));
  }

  /** The body of a run of so many jobs; two calls never give the same seeds. */
  String next(int jobs) {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    var list = body.putArray("jobs");
    for (int index = 0; index < jobs; index++) {
      ObjectNode job = list.addObject();
      job.put("type", type);
      if (graph == null) {
        job.put("prompt", PROMPTS.get(index % PROMPTS.size()));
      } else {
        job.set("workflow", varied(graph));
      }
    }
    return body.toString();
  }

  /**
   * The body of a run that costs a real machine next to nothing: programs that have just started
   * are slow for their first jobs, and that is not what a demo measures.
   *
   * @param jobs how many
   */
  static String warmUp(int jobs) {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    var list = body.putArray("jobs");
    for (int index = 0; index < jobs; index++) {
      ObjectNode job = list.addObject().put("type", "image");
      ObjectNode workflow = job.putObject("workflow");
      ObjectNode image = node(workflow, "1", "EmptyImage");
      image.put("width", 64).put("height", 64).put("batch_size", 1);
      image.put("color", ThreadLocalRandom.current().nextInt(EVERY_COLOUR));
      ObjectNode save = node(workflow, "2", "SaveImage").put("filename_prefix", "warm-up");
      save.putArray("images").add("1").add(0);
    }
    return body.toString();
  }

  private static ObjectNode node(ObjectNode workflow, String id, String type) {
    return workflow.putObject(id).put("class_type", type).putObject("inputs");
  }

  /** ComfyUI answers a graph it has seen from its cache; another number makes it work again. */
  private static JsonNode varied(JsonNode graph) {
    JsonNode copy = graph.deepCopy();
    for (JsonNode node : copy) {
      if (node.path("inputs") instanceof ObjectNode inputs) {
        boolean coloured = "EmptyImage".equals(node.path("class_type").asString(""));
        for (String name : List.copyOf(inputs.propertyNames())) {
          if (inputs.path(name).isIntegralNumber()
              && (SEEDS.contains(name) || coloured && name.equals("color"))) {
            inputs.put(name, ThreadLocalRandom.current().nextInt(EVERY_COLOUR));
          }
        }
      }
    }
    return copy;
  }

  private static JsonNode read(Path file) {
    try {
      JsonNode graph = ProducerClient.JSON.readTree(Files.readString(file));
      if (!graph.isObject()) {
        throw new FleetFailure(file + " holds no ComfyUI graph: its JSON is not an object");
      }
      return graph;
    } catch (IOException | JacksonException e) {
      throw new FleetFailure("Cannot read the graph " + file + ": " + e.getMessage(), e);
    }
  }
}
