package io.comfyfleet.worker.execution;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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

  /** The loaders of custom nodes call their inputs what they like. */
  private static final Pattern MODEL_FILE =
      Pattern.compile(".*\\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx)", Pattern.CASE_INSENSITIVE);

  /** Whether nothing but model files is missing. */
  boolean areMissingModels() {
    return !byNode.isEmpty()
        && byNode.values().stream()
            .flatMap(node -> errors(node).stream())
            .allMatch(NodeErrors::isMissingModel);
  }

  /** Whether nothing but files of ComfyUI's input folder is missing, as its loader nodes say it. */
  boolean areMissingInputs() {
    return !byNode.isEmpty()
        && byNode.values().stream()
            .flatMap(node -> errors(node).stream())
            .allMatch(error ->
                "custom_validation_failed".equals(error.get("type"))
                    && String.valueOf(error.get("details")).contains("Invalid"));
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

  private static boolean isMissingModel(Map<?, ?> error) {
    return "value_not_in_list".equals(error.get("type"))
        && error.get("extra_info") instanceof Map<?, ?> info
        && (LOADER_INPUT.matcher(String.valueOf(info.get("input_name"))).matches()
            || MODEL_FILE.matcher(String.valueOf(info.get("received_value"))).matches());
  }

  private static List<? extends Map<?, ?>> errors(@Nullable Object node) {
    if (node instanceof Map<?, ?> map && map.get("errors") instanceof List<?> list) {
      return list.stream().filter(Map.class::isInstance).map(item -> (Map<?, ?>) item).toList();
    }
    return List.of();
  }
}
