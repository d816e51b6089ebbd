package io.comfyfleet.worker.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import io.comfyfleet.worker.comfy.PromptEnd.Failure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorClassificationTest {
  @ParameterizedTest
  @CsvSource({
    "torch.OutOfMemoryError, Allocation on device, OUT_OF_MEMORY",
    "torch.cuda.OutOfMemoryError, CUDA out of memory, OUT_OF_MEMORY",
    "RuntimeError, DefaultCPUAllocator: can't allocate memory, OUT_OF_MEMORY",
    "RuntimeError, DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes., OUT_OF_MEMORY",
    "MemoryError, '', OUT_OF_MEMORY",
    "numpy._core._exceptions._ArrayMemoryError, Unable to allocate 12.0 GiB for an array, OUT_OF_MEMORY",
    "RuntimeError, CUDA error: an illegal memory access was encountered, GPU_POISONED",
    "RuntimeError, CUDA error: device-side assert triggered, GPU_POISONED",
    "RuntimeError, CUDA error: out of memory, OUT_OF_MEMORY",
    "RuntimeError, CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate, OUT_OF_MEMORY",
    "RuntimeError, CUDA error: an illegal instruction was encountered, GPU_POISONED",
    "torch.AcceleratorError, CUDA error: the launch timed out and was terminated, GPU_POISONED",
    "RuntimeError, CUDA error: unknown error, GPU_POISONED",
    "RuntimeError, CUDA error: uncorrectable ECC error encountered, GPU_POISONED",
    "RuntimeError, HIP error: hipErrorUnknown, GPU_POISONED",
    "RuntimeError, cuDNN error: CUDNN_STATUS_EXECUTION_FAILED, GPU_POISONED",
    "RuntimeError, CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling cublasGemmEx, GPU_POISONED",
    "RuntimeError, CUDA error: no kernel image is available for execution on the device, EXECUTION_FAILED",
    "RuntimeError, CUDA error: invalid argument, EXECUTION_FAILED",
    // What PyTorch adds to every CUDA error.
    "RuntimeError, CUDA error: out of memory Compile with TORCH_USE_CUDA_DSA to enable device-side assertions., OUT_OF_MEMORY",
    "RuntimeError, CUDA error: invalid argument Compile with TORCH_USE_CUDA_DSA to enable device-side assertions., EXECUTION_FAILED",
    "RuntimeError, Triton Error [CUDA]: an illegal instruction was encountered, GPU_POISONED",
    "RuntimeError, CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling cublasLt, EXECUTION_FAILED",
    "PIL.UnidentifiedImageError, cannot identify image file, EXECUTION_FAILED",
    "ValueError, bad shape, EXECUTION_FAILED"
  })
  void failureOfANodeIsToldByItsWords(String exception, String message, ErrorCode code) {
    JobError error = ErrorClassification.failed(new Failure("3", "KSampler", exception, message));

    assertThat(error.code()).isEqualTo(code);
    assertThat(error.exception()).isEqualTo(exception);
    assertThat(error.message()).contains("Node 3 (KSampler)", message);
  }

  @Test
  void absentCheckpointIsAMissingModelThatAnotherNodeMayHave() {
    JobError error = refused("value_not_in_list", "ckpt_name");

    assertThat(error.code()).isEqualTo(ErrorCode.MISSING_MODEL);
    assertThat(error.retryable()).isTrue();
    assertThat(error.message()).contains("ckpt_name: 'x' not in []");
  }

  @Test
  void absentSamplerIsABadWorkflow() {
    JobError error = refused("value_not_in_list", "sampler_name");

    assertThat(error.code()).isEqualTo(ErrorCode.BAD_WORKFLOW);
    assertThat(error.retryable()).isFalse();
  }

  @Test
  void valueOutOfRangeIsABadWorkflow() {
    assertThat(refused("value_bigger_than_max", "steps").code()).isEqualTo(ErrorCode.BAD_WORKFLOW);
  }

  @ParameterizedTest
  @CsvSource({
    "ipadapter_file, ip-adapter-plus_sd15.safetensors",
    "instantid_file, ip-adapter.bin",
    "pulid_file, pulid_flux_v0.9.1.SAFETENSORS",
    "swap_model, inswapper_128.onnx",
    "lora_01, detail.safetensors",
    "lora_name_1, styles\\ink.pt",
    "unet_name, flux1-dev-Q4_K_S.gguf",
    "sampler_name, odd.sft"
  })
  void absentFileOfACustomNodeIsAMissingModel(String input, String value) {
    JobError error = refused(List.of(error("value_not_in_list", input, "received_value", value)));

    assertThat(error.code()).isEqualTo(ErrorCode.MISSING_MODEL);
  }

  @ParameterizedTest
  @CsvSource({"exception_during_validation", "exception_during_inner_validation"})
  void exceptionOfTheMachineWhileItChecksTheGraphIsTriedAgain(String type) {
    JobError error = refused(List.of(error(type, "image", "exception_type", "OSError")));

    assertThat(error.code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    assertThat(error.retryable()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"KeyError", "IndexError"})
  void exceptionOverALinkToNowhereIsABadWorkflow(String exception) {
    JobError error =
        refused(
            List.of(error("exception_during_validation", "image", "exception_type", exception)));

    assertThat(error.code()).isEqualTo(ErrorCode.BAD_WORKFLOW);
    assertThat(error.retryable()).isFalse();
  }

  @Test
  void worstOfSeveralErrorsCounts() {
    Map<String, Object> model = error("value_not_in_list", "ckpt_name", "received_value", "x");
    Map<String, Object> exception =
        error("exception_during_validation", "image", "exception_type", "OSError");
    Map<String, Object> graph = error("value_bigger_than_max", "steps", "received_value", 1);

    assertThat(refused(List.of(exception, model)).code()).isEqualTo(ErrorCode.MISSING_MODEL);
    assertThat(refused(List.of(exception, model, graph)).code()).isEqualTo(ErrorCode.BAD_WORKFLOW);
  }

  @ParameterizedTest
  @CsvSource({
    "missing_node_type, Node 'X' not found. The custom node may not be installed.",
    "invalid_prompt, Cannot execute because node X does not exist."
  })
  void absentNodeTypeIsKnownByItsOldAndNewWords(String type, String words) {
    JobError error = ErrorClassification.refused(type, words, Map.of());

    assertThat(error.code()).isEqualTo(ErrorCode.MISSING_NODE_TYPE);
    assertThat(error.retryable()).isTrue();
  }

  private static JobError refused(String type, String input) {
    return refused(List.of(error(type, input, "received_value", "x")));
  }

  private static JobError refused(List<Map<String, Object>> errors) {
    return ErrorClassification.refused(
        "prompt_outputs_failed_validation",
        "Prompt outputs failed validation",
        Map.of("4", Map.of("class_type", "Node", "errors", errors)));
  }

  private static Map<String, Object> error(String type, String input, String key, Object value) {
    return Map.of(
        "type",
        type,
        "message",
        "Value not in list",
        "details",
        input + ": '" + value + "' not in []",
        "extra_info",
        Map.of("input_name", input, key, value));
  }
}
