package io.comfyfleet.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkflowTest {
  @Test
  void uiFormatFileIsRefusedWithTheWayToExportTheApiFormat() {
    Map<String, Object> ui = Map.of("nodes", List.of(), "links", List.of(), "version", 0.4);

    assertThatThrownBy(() -> Workflow.of(ui))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("UI format")
        .hasMessageContaining("Export (API)");
  }

  @Test
  void nodeWithoutClassTypeIsNamed() {
    Map<String, Object> graph = Map.of("7", Map.of("inputs", Map.of()));

    assertThatThrownBy(() -> Workflow.of(graph))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("workflow.7.class_type");
  }

  @Test
  void whatIsNoObjectIsRefused() {
    assertThatThrownBy(() -> Workflow.of("graph.json"))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("object of nodes");
    assertThatThrownBy(() -> Workflow.of(Map.of())).hasMessageContaining("at least one node");
  }

  @Test
  void placeholderIsReplacedByTheUploadedFile() {
    Workflow workflow =
        Workflow.of(
            Map.of(
                "1",
                Map.of("class_type", "LoadImage", "inputs", Map.of("image", "fleet-input:scene"))));

    Workflow filled = workflow.withInputFiles(Map.of("scene", "sub/in (1).png"));

    assertThat(workflow.placeholders()).containsExactly("scene");
    assertThat(filled.placeholders()).isEmpty();
    assertThat(Workflow.inputs(filled.graph().get("1"))).containsEntry("image", "sub/in (1).png");
  }

  @Test
  void placeholderWithoutAFileIsRefused() {
    Workflow workflow =
        Workflow.of(
            Map.of(
                "1",
                Map.of("class_type", "LoadImage", "inputs", Map.of("image", "fleet-input:scene"))));

    assertThatThrownBy(() -> workflow.withInputFiles(Map.of()))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("fleet-input:scene");
  }
}
