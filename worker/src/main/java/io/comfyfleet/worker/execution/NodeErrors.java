package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What ComfyUI holds against the nodes of a graph.
 *
 * @param byNode its {@code node_errors}: by node id an object with {@code errors}, each with {@code
 *     type}, {@code message}, {@code details}, {@code extra_info}; what has another shape counts as
 *     no error
 */
record NodeErrors(Map<String, @Nullable Object> byNode) {
  private static final Pattern LOADER_INPUT =
      Pattern.compile(
          "(ckpt|unet|vae|lora|clip|control_net|controlnet|style_model|model|gligen|hypernetwork"
              + "|upscale_model|diffusion_model|text_encoder|photomaker_model"
              + "|audio_encoder)(_name|_name\\d+|\\d*|_file)");

  /** Custom nodes name their inputs as they like. */
  private static final Pattern MODEL_FILE =
      Pattern.compile("\\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx)$", Pattern.CASE_INSENSITIVE);

  /** What ComfyUI trips over itself when a link names no node, or no output of it. */
  private static final Set<String> LINK_TO_NOWHERE = Set.of("KeyError", "IndexError");

  private static final List<ErrorCode> WORST_FIRST =
      List.of(
          ErrorCode.BAD_WORKFLOW,
          ErrorCode.MISSING_MODEL,
          ErrorCode.INPUT_NOT_FOUND,
          ErrorCode.EXECUTION_FAILED);

  /** What they come to: the error that another attempt can do least about. */
  ErrorCode code() {
    Set<ErrorCode> codes =
        byNode.values().stream()
            .flatMap(node -> errors(node).stream())
            .map(NodeErrors::code)
            .collect(Collectors.toSet());
    return WORST_FIRST.stream().filter(codes::contains).findFirst().orElse(ErrorCode.BAD_WORKFLOW);
  }

  /** All of them on one line; empty when there is none. */
  String inWords() {
    StringBuilder words = new StringBuilder();
    byNode.forEach((id, node) -> {
      for (Map<?, ?> error : errors(node)) {
        words
            .append(words.isEmpty() ? "" : "; ")
            .append("node ")
            .append(id)
            .append(": ")
            .append(error.get("message"))
            .append(": ")
            .append(error.get("details"));
      }
    });
    return words.toString();
  }

  private static ErrorCode code(Map<?, ?> error) {
    Map<?, ?> info = error.get("extra_info") instanceof Map<?, ?> map ? map : Map.of();
    return switch (String.valueOf(error.get("type"))) {
      case "value_not_in_list" ->
          LOADER_INPUT.matcher(String.valueOf(info.get("input_name"))).matches()
                  || MODEL_FILE.matcher(String.valueOf(info.get("received_value"))).find()
              ? ErrorCode.MISSING_MODEL
              : ErrorCode.BAD_WORKFLOW;
      // As loader nodes tell of a file that is not in ComfyUI's input folder.
      case "custom_validation_failed" ->
          String.valueOf(error.get("details")).contains("Invalid")
              ? ErrorCode.INPUT_NOT_FOUND
              : ErrorCode.BAD_WORKFLOW;
      case "exception_during_validation", "exception_during_inner_validation" ->
          LINK_TO_NOWHERE.contains(String.valueOf(info.get("exception_type")))
              ? ErrorCode.BAD_WORKFLOW
              : ErrorCode.EXECUTION_FAILED;
      default -> ErrorCode.BAD_WORKFLOW;
    };
  }

  private static List<? extends Map<?, ?>> errors(@Nullable Object node) {
    if (node instanceof Map<?, ?> map && map.get("errors") instanceof List<?> list) {
      return list.stream().filter(Map.class::isInstance).map(item -> (Map<?, ?>) item).toList();
    }
    return List.of();
  }
}
