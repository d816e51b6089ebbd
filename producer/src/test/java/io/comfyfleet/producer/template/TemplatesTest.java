package io.comfyfleet.producer.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplatesTest {
  private static final String GRAPH =
      """
      {"1": {"class_type": "LoadImage", "inputs": {"image": ""}},
       "2": {"class_type": "Thing", "inputs": {"text": "own", "size": 64, "weight": 0.5,
                                               "on": false, "picture": ["1", 0]}}}
      """;
  private static final String MAP =
      """
      type: image
      parameters:
        text: {node: "2", input: text, type: string, required: true}
        size: {node: "2", input: size, type: integer, default: 128, min: 8, max: 256, multiple_of: 8}
        weight: {node: "2", input: weight, type: number, min: 0, max: 1}
        on: {node: "2", input: on, type: boolean}
      inputs:
        image: {node: "1", input: image}
      """;

  private @TempDir Path folder;

  @Test
  void promptSizeAndSeedStandWhereTheMapSays() {
    Rendered rendered =
        shipped()
            .render(JobType.IMAGE, null, "a red fox", Map.of("width", 768, "seed", 42), Set.of());

    assertThat(rendered.template()).isEqualTo("image");
    assertThat(input(rendered, "2", "text")).isEqualTo("a red fox");
    assertThat(input(rendered, "4", "width")).isEqualTo(768L);
    assertThat(input(rendered, "4", "height")).isEqualTo(512L);
    assertThat(input(rendered, "5", "seed")).isEqualTo(42L);
    assertThat(rendered.params())
        .containsEntry("prompt", "a red fox")
        .containsEntry("steps", 20L)
        .containsEntry("cfg", 7.0);
  }

  @Test
  void seedIsDrawnAnewAndFitsIntoJavaScript() {
    Templates templates = shipped();

    Object first = render(templates).params().get("seed");
    Object second = render(templates).params().get("seed");

    assertThat(first).isNotEqualTo(second);
    assertThat((Long) first).isBetween(0L, (1L << 53) - 1);
  }

  @Test
  void largestSeedOfComfyuiIsTaken() {
    Rendered rendered =
        shipped()
            .render(JobType.IMAGE, null, "x", Map.of("seed", "18446744073709551615"), Set.of());

    assertThat(input(rendered, "5", "seed")).isEqualTo(new BigInteger("18446744073709551615"));
  }

  @Test
  void videoIsMadeFromTextOrFromAFirstFrame() {
    Rendered text = shipped().render(JobType.VIDEO, null, "x", Map.of(), Set.of());
    Rendered image = shipped().render(JobType.VIDEO, null, "x", Map.of(), Set.of("image"));

    assertThat(text.workflow().placeholders()).isEmpty();
    assertThat(Workflow.inputs(text.workflow().graph().get("7"))).doesNotContainKey("start_image");
    assertThat(image.workflow().placeholders()).containsExactly("image");
    assertThat(input(image, "7", "start_image")).isEqualTo(List.of("12", 0));
    assertThat(input(image, "12", "image")).isEqualTo("fleet-input:image");
  }

  @Test
  void demoTemplatesNeedNoModelAndCarryThePrompt() {
    for (JobType type : JobType.values()) {
      Rendered rendered =
          shipped().render(type, "demo-" + type.wireName(), "a red fox", Map.of(), Set.of());

      assertThat(input(rendered, "1", "value")).isEqualTo("a red fox");
      assertThat((Long) rendered.params().get("seed")).isBetween(0L, 16_777_215L);
      assertThat(rendered.workflow().graph().values())
          .noneMatch(node -> String.valueOf(node.get("class_type")).contains("Loader"));
    }
  }

  @Test
  void renderingLeavesTheTemplateAsItWas() {
    Templates templates = shipped();
    templates.render(JobType.VIDEO, null, "x", Map.of(), Set.of("image"));

    assertThat(templates.find("video").orElseThrow().workflow().placeholders()).isEmpty();
  }

  @Test
  void operatorsDefaultTakesThePlaceOfTheTemplates() {
    Templates templates =
        templates(
            new TemplateSettings(null, "image", "video", Map.of("checkpoint", "my.safetensors")));

    assertThat(input(render(templates), "1", "ckpt_name")).isEqualTo("my.safetensors");
  }

  @Test
  void operatorsDefaultThatCannotBeStopsTheStart() {
    assertThatThrownBy(
            () -> templates(new TemplateSettings(null, "image", "video", Map.of("steps", "many"))))
        .hasMessageContaining("fleet.template.defaults.steps")
        .hasMessageContaining("\"many\"");
  }

  @Test
  void operatorsDefaultTemplateIsUsed() {
    Templates templates =
        templates(new TemplateSettings(null, "demo-image", "demo-video", Map.of()));

    assertThat(templates.render(JobType.VIDEO, null, null, Map.of(), Set.of()).template())
        .isEqualTo("demo-video");
  }

  @Test
  void defaultTemplateOfAnotherTypeStopsTheStart() {
    assertThatThrownBy(() -> templates(new TemplateSettings(null, "video", "video", Map.of())))
        .hasMessageContaining("fleet.template.image")
        .hasMessageContaining("demo-image");
  }

  @Test
  void operatorsTemplateReplacesTheShippedOneOfItsName() throws Exception {
    write("image", MAP, GRAPH);

    Rendered rendered =
        own().render(JobType.IMAGE, null, null, Map.of("text", "hi"), Set.of("image"));

    assertThat(input(rendered, "2", "text")).isEqualTo("hi");
    assertThat(input(rendered, "2", "size")).isEqualTo(128L);
    assertThat(input(rendered, "2", "weight")).isEqualTo(0.5);
  }

  @Test
  void mapMayBeJson() throws Exception {
    Files.writeString(folder.resolve("mine.workflow.json"), GRAPH);
    Files.writeString(
        folder.resolve("mine.template.json"),
        "{\"type\":\"image\",\"parameters\":{\"text\":{\"node\":\"2\",\"input\":\"text\","
            + "\"type\":\"string\"}}}");

    assertThat(own().find("mine")).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "size|7|params.size|must be between 8 and 256",
        "size|257|params.size|must be between 8 and 256",
        "size|9|params.size|multiple of 8",
        "size|16.5|params.size|whole number",
        "size|1e999999999|params.size|whole number",
        "size|wide|params.size|whole number",
        "weight|1.1|params.weight|must be between 0 and 1",
        "weight|NaN|params.weight|must be a number",
        "on|perhaps|params.on|true or false",
        "colour|red|params.colour|is no parameter",
        "text|fleet-input:image|params.text|must not begin with",
      })
  void valueThatBreaksItsRuleIsRefusedByName(
      String parameter, String value, String field, String problem) throws Exception {
    write("mine", MAP, GRAPH);
    Map<String, @Nullable Object> params =
        parameter.equals("text") ? Map.of("text", value) : Map.of("text", "x", parameter, value);

    assertRefused(
        () -> own().render(JobType.IMAGE, "mine", null, params, Set.of("image")), field, problem);
  }

  @Test
  void objectIsNoValue() throws Exception {
    write("mine", MAP, GRAPH);

    assertRefused(
        () ->
            own()
                .render(
                    JobType.IMAGE, "mine", null, Map.of("text", Map.of("a", 1)), Set.of("image")),
        "params.text",
        "must be text");
  }

  @Test
  void missingOrBlankRequiredParameterIsRefused() throws Exception {
    write("mine", MAP, GRAPH);

    assertRefused(
        () -> own().render(JobType.IMAGE, "mine", null, Map.of(), Set.of("image")),
        "params.text",
        "is missing");
    assertRefused(
        () -> own().render(JobType.IMAGE, "mine", null, Map.of("text", " "), Set.of("image")),
        "params.text",
        "is missing");
    assertRefused(
        () -> shipped().render(JobType.IMAGE, null, null, Map.of(), Set.of()),
        "prompt",
        "is missing");
  }

  @Test
  void promptGivenTwiceIsRefused() {
    assertRefused(
        () -> shipped().render(JobType.IMAGE, null, "a", Map.of("prompt", "b"), Set.of()),
        "prompt",
        "twice");
  }

  @Test
  void inputsMustBeThoseOfTheTemplate() throws Exception {
    write("mine", MAP, GRAPH);

    assertRefused(
        () -> own().render(JobType.IMAGE, "mine", null, Map.of("text", "x"), Set.of()),
        "inputs",
        "lacks \"image\"");
    assertRefused(
        () -> shipped().render(JobType.IMAGE, null, "x", Map.of(), Set.of("mask")),
        "inputs",
        "[mask]");
  }

  @Test
  void unknownTemplateAndWrongTypeAreRefused() {
    assertRefused(
        () -> shipped().render(JobType.IMAGE, "nope", "x", Map.of(), Set.of()),
        "template",
        "demo-image");
    assertRefused(
        () -> shipped().render(JobType.IMAGE, "video", "x", Map.of(), Set.of()),
        "template",
        "makes video");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "node: \"2\"|node: \"9\"|names node \"9\"",
        "input: text|input: txt|\"txt\"",
        "input: size|input: picture|is linked to",
        "default: 128|default: 9|parameters.size.default must be a multiple of 8",
        "min: 8, max: 256|min: 300, max: 256|above its max",
        "type: image|kind: image|mine.template.yaml",
        "type: image|type: sound|image or video",
        "type: boolean|type: switch|mine.template.yaml",
        "required: true|required: true, defualt: x|defualt",
        "parameters:|parameters: [|neither YAML nor JSON",
      })
  void mistakeInAMapStopsTheStartNamingTheFile(String from, String to, String problem)
      throws Exception {
    write("mine", MAP.replaceFirst(java.util.regex.Pattern.quote(from), to), GRAPH);

    assertThatThrownBy(this::own)
        .isInstanceOf(BadTemplateException.class)
        .hasMessageContaining(folder + "/mine.template.yaml")
        .hasMessageContaining(problem);
  }

  @Test
  void uiFormatFileStopsTheStartAndTellsHowToExport() throws Exception {
    write("mine", MAP, "{\"nodes\": [], \"links\": [], \"version\": 0.4}");

    assertThatThrownBy(this::own)
        .hasMessageContaining(folder + "/mine.workflow.json")
        .hasMessageContaining("Export (API)");
  }

  @Test
  void graphThatIsNoJsonStopsTheStart() throws Exception {
    write("mine", MAP, "{");

    assertThatThrownBy(this::own).hasMessageContaining("mine.workflow.json: is not JSON");
  }

  @Test
  void halfATemplateStopsTheStart() throws Exception {
    Files.writeString(folder.resolve("alone.workflow.json"), GRAPH);
    assertThatThrownBy(this::own).hasMessageContaining("write alone.template.yaml");

    Files.move(folder.resolve("alone.workflow.json"), folder.resolve("alone.template.yaml"));
    assertThatThrownBy(this::own).hasMessageContaining("alone.workflow.json");
  }

  @Test
  void folderThatIsNotThereStopsTheStart() {
    assertThatThrownBy(
            () -> templates(new TemplateSettings(folder.resolve("no"), "image", "video", Map.of())))
        .hasMessageContaining("fleet.template.directory");
  }

  @Test
  void otherFilesInTheFolderAreLeftAlone() throws Exception {
    Files.writeString(folder.resolve("README.md"), "mine");

    assertThat(own().all()).hasSize(4);
  }

  private static void assertRefused(ThrowingCallable call, String field, String problem) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidMessageException.class, refused -> assertThat(refused.field()).isEqualTo(field))
        .hasMessageContaining(problem);
  }

  private static Rendered render(Templates templates) {
    return templates.render(JobType.IMAGE, null, "x", Map.of(), Set.of());
  }

  private static @Nullable Object input(Rendered rendered, String node, String input) {
    return Workflow.inputs(rendered.workflow().graph().get(node)).get(input);
  }

  private void write(String name, String map, String graph) throws Exception {
    Files.writeString(folder.resolve(name + ".template.yaml"), map);
    Files.writeString(folder.resolve(name + ".workflow.json"), graph);
  }

  private Templates own() {
    return templates(new TemplateSettings(folder, "image", "video", Map.of()));
  }

  private static Templates shipped() {
    return templates(new TemplateSettings(null, "image", "video", Map.of()));
  }

  private static Templates templates(TemplateSettings settings) {
    RandomGenerator random = new Random();
    return new Templates(settings, random);
  }
}
