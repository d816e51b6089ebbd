package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import io.comfyfleet.worker.artifact.TransferException;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.PromptEnd.Failure;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The one place that tells what an error means, and whether another attempt could cure it. */
final class ErrorClassification {
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile("outofmemory|out of memory|can't allocate memory|alloc_failed");
  private static final Pattern GPU_POISONED =
      Pattern.compile(
          "illegal memory access|device-side assert|unspecified launch failure"
              + "|misaligned address|cudaerrorlaunchfailure|device lost|gpu is lost");
  private static final Pattern LOADER_INPUT =
      Pattern.compile(
          "(ckpt|unet|vae|lora|clip|control_net|controlnet|style_model|model|gligen|hypernetwork"
              + "|upscale_model|diffusion_model|text_encoder|photomaker_model"
              + "|audio_encoder)(_name|_name\\d+|\\d*|_file)");

  private ErrorClassification() {}

  /** ComfyUI refused the graph, or took it without some of its outputs. */
  static JobError refused(ComfyException.Refused refusal) {
    return refused(refusal.type(), String.valueOf(refusal.getMessage()), refusal.nodeErrors());
  }

  /**
   * @param type {@code error.type} of ComfyUI's answer
   * @param words its words
   * @param nodeErrors its {@code node_errors}
   */
  static JobError refused(String type, String words, Map<String, @Nullable Object> nodeErrors) {
    boolean unknownType =
        type.equals("missing_node_type")
            || (type.equals("invalid_prompt") && words.contains("does not exist"));
    ErrorCode code = unknownType ? ErrorCode.MISSING_NODE_TYPE : ErrorCode.BAD_WORKFLOW;
    if (!nodeErrors.isEmpty() && onlyMissingModels(nodeErrors)) {
      code = ErrorCode.MISSING_MODEL;
    } else if (!nodeErrors.isEmpty() && onlyMissingInputs(nodeErrors)) {
      code = ErrorCode.INPUT_NOT_FOUND;
    }
    // What is missing here may be on another node.
    boolean retryable = code != ErrorCode.BAD_WORKFLOW;
    String details = details(nodeErrors);
    return new JobError(
        code,
        "ComfyUI refused the graph: " + words + (details.isEmpty() ? "" : " (" + details + ")"),
        retryable,
        nodeErrors.isEmpty() ? null : nodeErrors,
        null);
  }

  /** A call to ComfyUI went wrong otherwise, again and again. */
  static JobError failedCall(ComfyException problem) {
    String message = String.valueOf(problem.getMessage());
    return switch (problem) {
      case ComfyException.Refused e -> JobError.retryable(ErrorCode.COMFYUI_UNREACHABLE, message);
      case ComfyException.NotUnderstood e -> JobError.retryable(ErrorCode.INTERNAL_ERROR, message);
      case ComfyException.TooLarge e ->
          JobError.permanent(ErrorCode.OUTPUT_NOT_RETRIEVABLE, message);
      case ComfyException.Unreachable e ->
          JobError.retryable(ErrorCode.COMFYUI_UNREACHABLE, message);
      case ComfyException.Crashed e -> JobError.retryable(ErrorCode.COMFYUI_UNREACHABLE, message);
      case ComfyException.BadAnswer e -> JobError.retryable(ErrorCode.COMFYUI_UNREACHABLE, message);
    };
  }

  /** A node threw. */
  static JobError failed(Failure failure) {
    String text = (failure.exception() + " " + failure.message()).toLowerCase(Locale.ROOT);
    ErrorCode code = ErrorCode.EXECUTION_FAILED;
    if (GPU_POISONED.matcher(text).find()) {
      code = ErrorCode.GPU_POISONED;
    } else if (OUT_OF_MEMORY.matcher(text).find()) {
      code = ErrorCode.OUT_OF_MEMORY;
    }
    String message =
        "Node "
            + failure.nodeId()
            + " ("
            + failure.nodeType()
            + ") failed: "
            + failure.exception()
            + ": "
            + failure.message();
    return new JobError(code, message, true, null, failure.exception());
  }

  /** A file did not arrive. */
  static JobError transfer(TransferException problem) {
    ErrorCode code =
        switch (problem) {
          case TransferException.InputNotFound e -> ErrorCode.INPUT_NOT_FOUND;
          case TransferException.OutputNotRetrievable e -> ErrorCode.OUTPUT_NOT_RETRIEVABLE;
          case TransferException.StoreUnavailable e -> ErrorCode.STORE_UNAVAILABLE;
        };
    return new JobError(
        code, String.valueOf(problem.getMessage()), problem.retryable(), null, null);
  }

  /** What a loader node says of a file that is not in ComfyUI's input folder. */
  private static boolean onlyMissingInputs(Map<String, @Nullable Object> nodeErrors) {
    return nodeErrors.values().stream()
        .flatMap(node -> errors(node).stream())
        .allMatch(error ->
            "custom_validation_failed".equals(error.get("type"))
                && String.valueOf(error.get("details")).contains("Invalid"));
  }

  private static boolean onlyMissingModels(Map<String, @Nullable Object> nodeErrors) {
    for (Object node : nodeErrors.values()) {
      for (Map<?, ?> error : errors(node)) {
        Object extra = error.get("extra_info");
        Object input = extra instanceof Map<?, ?> info ? info.get("input_name") : null;
        if (!"value_not_in_list".equals(error.get("type"))
            || !LOADER_INPUT.matcher(String.valueOf(input)).matches()) {
          return false;
        }
      }
    }
    return true;
  }

  private static String details(Map<String, @Nullable Object> nodeErrors) {
    StringBuilder details = new StringBuilder();
    nodeErrors.forEach((id, node) -> {
      for (Map<?, ?> error : errors(node)) {
        details
            .append(details.isEmpty() ? "" : "; ")
            .append("node ")
            .append(id)
            .append(": ")
            .append(error.get("message"))
            .append(": ")
            .append(error.get("details"));
      }
    });
    return details.toString();
  }

  private static List<? extends Map<?, ?>> errors(@Nullable Object node) {
    if (node instanceof Map<?, ?> map && map.get("errors") instanceof List<?> list) {
      return list.stream().filter(Map.class::isInstance).map(item -> (Map<?, ?>) item).toList();
    }
    return List.of();
  }
}
