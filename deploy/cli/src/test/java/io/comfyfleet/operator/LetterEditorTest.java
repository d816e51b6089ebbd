package io.comfyfleet.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class LetterEditorTest {
  private static final JsonNode JOB =
      Api.json("{\"prompt\":\"a fox\",\"priority\":5,\"params\":{\"steps\":20}}");

  @Test
  void valuesKeepTheirKind() {
    JsonNode edited =
        LetterEditor.with(
            JOB, Map.of("prompt", "12", "priority", "9", "params.steps", "4", "lane", "image"));

    assertThat(edited)
        .isEqualTo(
            Api.json(
                """
                {"prompt":"12","priority":9,"params":{"steps":4},"lane":"image"}
                """));
    assertThat(JOB.path("priority").asInt()).isEqualTo(5);
  }

  @Test
  void numberDoesNotBecomeText() {
    assertThatThrownBy(() -> LetterEditor.with(JOB, Map.of("priority", "high")))
        .isInstanceOf(CommandStopped.class)
        .hasMessage("priority is a number, cannot become \"high\"");
    assertThatThrownBy(() -> LetterEditor.with(JOB, Map.of("nothing.here", "1")))
        .hasMessageContaining("no part \"nothing.here\"");
  }

  @Test
  void onlyChangesAreSentAndWhatIsGoneIsNull() {
    assertThat(LetterEditor.changes(JOB, JOB)).isEmpty();
    assertThat(LetterEditor.changes(JOB, Api.json("{\"prompt\":\"a wolf\",\"priority\":5}")))
        .isEqualTo(Api.json("{\"params\":null,\"prompt\":\"a wolf\"}"));
  }

  @Test
  void editorsChangesAreRead() {
    var editor = new LetterEditor(Map.of("EDITOR", "sed -i 's/a fox/a wolf/'"));

    assertThat(editor.inEditor(JOB).path("prompt").asString()).isEqualTo("a wolf");
  }

  @Test
  void brokenEditsAndFailedEditorsReplayNothing() {
    assertThatThrownBy(() -> new LetterEditor(Map.of("VISUAL", "sed -i 1d")).inEditor(JOB))
        .isInstanceOf(CommandStopped.class)
        .hasMessageContaining("is not JSON")
        .hasMessageContaining("kept in");
    assertThatThrownBy(() -> new LetterEditor(Map.of("VISUAL", "false")).inEditor(JOB))
        .hasMessageContaining("ended with 1; nothing was replayed");
  }
}
