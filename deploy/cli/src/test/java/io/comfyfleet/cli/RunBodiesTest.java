package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.launch.ProducerClient;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RunBodiesTest {

  private static final String GRAPH =
      """
      {"1": {"class_type": "KSampler", "inputs": {"seed": -7, "steps": 4, "model": ["2", 0]}},
       "2": {"class_type": "EmptyImage", "inputs": {"color": -7, "width": 64}},
       "3": {"class_type": "Text", "inputs": {"color": -7, "noise_seed": ["1", 0]}}}
      """;

  @Test
  void promptsAreSentWithTheirType() {
    JsonNode body = ProducerClient.JSON.readTree(new RunBodies(7, "video", null).next(7));

    assertThat(body.path("jobs")).hasSize(7);
    assertThat(body.at("/jobs/6/type").asString()).isEqualTo("video");
    assertThat(body.at("/jobs/6/prompt").asString()).isNotBlank();
  }

  @Test
  void onlySeedsAndImageColoursOfAGraphAreVaried() {
    JsonNode graph = ProducerClient.JSON.readTree(GRAPH);

    JsonNode sent = ProducerClient.JSON.readTree(new RunBodies(1, "image", graph).next(1));

    JsonNode workflow = sent.at("/jobs/0/workflow");
    assertThat(workflow.at("/1/inputs/seed").asInt()).isNotNegative();
    assertThat(workflow.at("/2/inputs/color").asInt()).isBetween(0, 0xFFFFFF);
    assertThat(workflow.at("/1/inputs/steps").asInt()).isEqualTo(4);
    assertThat(workflow.at("/2/inputs/width").asInt()).isEqualTo(64);
    assertThat(workflow.at("/3")).isEqualTo(graph.at("/3"));
    assertThat(graph.at("/1/inputs/seed").asInt()).isEqualTo(-7);
  }
}
