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
import org.junit.jupiter.params.provider.ValueSource;

class ErrorClassificationTest {
  @ParameterizedTest
  @CsvSource({
    "torch.OutOfMemoryError, Allocation on device, OUT_OF_MEMORY",
    "torch.cuda.OutOfMemoryError, CUDA out of memory, OUT_OF_MEMORY",
    "RuntimeError, DefaultCPUAllocator: can't allocate memory, OUT_OF_MEMORY",
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

  @ParameterizedTest
  @ValueSource(strings = {"ip-adapter_sd15.safetensors", "swap/inswapper_128.ONNX", "pulid.bin"})
  void absentFileOfAModelIsAMissingModelWhateverTheInputIsCalled(String file) {
    JobError error = refused("value_not_in_list", "anything", file);

    assertThat(error.code()).isEqualTo(ErrorCode.MISSING_MODEL);
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
    "missing_node_type, Node 'X' not found. The custom node may not be installed.",
    "invalid_prompt, Cannot execute because node X does not exist."
  })
  void absentNodeTypeIsKnownByItsOldAndNewWords(String type, String words) {
    JobError error = ErrorClassification.refused(type, words, Map.of());

    assertThat(error.code()).isEqualTo(ErrorCode.MISSING_NODE_TYPE);
    assertThat(error.retryable()).isTrue();
  }

  private static JobError refused(String type, String input) {
    return refused(type, input, "x");
  }

  private static JobError refused(String type, String input, String received) {
    return ErrorClassification.refused(
        "prompt_outputs_failed_validation",
        "Prompt outputs failed validation",
        Map.of(
            "4",
            Map.of(
                "class_type",
                "Node",
                "errors",
                List.of(
                    Map.of(
                        "type",
                        type,
                        "message",
                        "Value not in list",
                        "details",
                        input + ": 'x' not in []",
                        "extra_info",
                        Map.of("input_name", input, "received_value", received))))));
  }
}
