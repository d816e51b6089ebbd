package io.comfyfleet.worker.execution;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import io.comfyfleet.worker.artifact.TransferException;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.PromptEnd.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The one place of a worker that tells what an error means, and whether another attempt could cure
 * it. Nobody else makes a {@link JobError}. Stateless.
 */
public final class ErrorClassification {
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile(
          "outofmemory|memoryerror|out of memory|not enough memory|can't allocate memory"
              + "|unable to allocate|alloc_failed");

  /** A CUDA error that leaves the process in order. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "no kernel image|invalid argument|invalid configuration|invalid device|invalid value"
              + "|not supported|not_supported");

  private static final Pattern GPU_ERROR =
      Pattern.compile("(cuda|hip) error:|_status_execution_failed");
  private static final Pattern GPU_POISONED =
      Pattern.compile(
          "illegal memory access|illegal instruction|device-side assert triggered"
              + "|unspecified launch failure|launch timed out|misaligned address|cudaerrorlaunchfailure|device lost|gpu is lost");

  private ErrorClassification() {}

  /** ComfyUI refused the graph, or took it without some of its outputs. */
  static JobError refused(ComfyException.Refused refusal) {
    return refused(refusal.type(), String.valueOf(refusal.getMessage()), refusal.nodeErrors());
  }

  /**
   * @param type {@code error.type} of ComfyUI's answer
   * @param words its words
   * @param byNode its {@code node_errors}
   */
  static JobError refused(String type, String words, Map<String, @Nullable Object> byNode) {
    NodeErrors nodeErrors = new NodeErrors(byNode);
    boolean unknownType =
        type.equals("missing_node_type")
            || (type.equals("invalid_prompt") && words.contains("does not exist"));
    ErrorCode code = unknownType ? ErrorCode.MISSING_NODE_TYPE : nodeErrors.code();
    // What is missing or broken here may be there and whole on another node.
    boolean retryable = code != ErrorCode.BAD_WORKFLOW;
    String details = nodeErrors.inWords();
    return new JobError(
        code,
        "ComfyUI refused the graph: " + words + (details.isEmpty() ? "" : " (" + details + ")"),
        retryable,
        byNode.isEmpty() ? null : byNode,
        null);
  }

  /**
   * ComfyUI failed on taking the graph, and again when it was given once more: graph or machine,
   * which of them another machine tells.
   */
  static JobError crashedTwice(ComfyException.Crashed problem) {
    return JobError.retryable(
        ErrorCode.EXECUTION_FAILED,
        "ComfyUI fails on taking the graph: " + problem.getMessage() + ", twice");
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
    } else if (GPU_ERROR.matcher(text).find() && !HARMLESS.matcher(text).find()) {
      code = ErrorCode.GPU_POISONED;
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

  /** The prompt was interrupted, and not by this worker. */
  static JobError interrupted() {
    return JobError.retryable(ErrorCode.INTERRUPTED, "Somebody interrupted the prompt in ComfyUI");
  }

  /** The prompt was taken out of ComfyUI's queue, and not by this worker. */
  static JobError removed(UUID promptId) {
    return JobError.retryable(
        ErrorCode.INTERRUPTED,
        "Somebody removed the prompt " + promptId + " from ComfyUI's queue before it began");
  }

  /**
   * ComfyUI knows nothing of a prompt that it had taken.
   *
   * @param ended whether it had told that the prompt ended: given back, such a job would be
   *     rendered for nothing again and again
   */
  static JobError gone(UUID promptId, boolean ended) {
    return ended
        ? JobError.retryable(
            ErrorCode.OUTPUT_NOT_RETRIEVABLE,
            "ComfyUI ended the prompt " + promptId + " but does not have it in its history")
        : JobError.retryable(
            ErrorCode.COMFYUI_RESTARTED,
            "ComfyUI does not know the prompt " + promptId + " any more");
  }

  /**
   * The attempt reached its time limit and was interrupted.
   *
   * @param alive whether the prompt had shown signs of life until then
   * @param obeyed whether it ended when it was told to
   */
  static JobError late(Duration limit, boolean alive, boolean obeyed) {
    String words = "its timeout of " + limit.toSeconds() + " s";
    if (obeyed) {
      return JobError.retryable(
          ErrorCode.DEADLINE_EXCEEDED,
          "The attempt ran longer than " + words + " and was interrupted");
    }
    return alive
        ? JobError.retryable(
            ErrorCode.DEADLINE_EXCEEDED,
            "The attempt ran longer than " + words + " and has not obeyed the interrupt yet")
        : JobError.retryable(
            ErrorCode.COMFYUI_HUNG,
            "ComfyUI showed no work on the prompt within " + words + " and obeys no interrupt");
  }

  /**
   * Nothing moved for so long, and the prompt was interrupted.
   *
   * @param waiting whether the prompt was still in ComfyUI's queue
   * @param obeyed whether it ended when it was told to
   */
  static JobError silent(Duration silence, boolean waiting, boolean obeyed) {
    String words = "for " + silence.toSeconds() + " s";
    if (waiting) {
      return JobError.retryable(ErrorCode.COMFYUI_HUNG, "ComfyUI's queue has not moved " + words);
    }
    return obeyed
        ? JobError.retryable(
            ErrorCode.STALLED,
            "The prompt showed no sign of life " + words + " and was interrupted")
        : JobError.retryable(
            ErrorCode.COMFYUI_HUNG,
            "The prompt showed no sign of life " + words + " and obeys no interrupt");
  }

  /** The prompt succeeded and left nothing. */
  static JobError withoutOutput() {
    return JobError.permanent(
        ErrorCode.NO_OUTPUT,
        "The graph ended without an output that could be kept; does it have a save node?");
  }

  /**
   * The prompt left more outputs than a result can name.
   *
   * @param outputs how many
   */
  public static JobError tooManyOutputs(int outputs) {
    return JobError.permanent(
        ErrorCode.NO_OUTPUT,
        "The graph left " + outputs + " outputs, more than a result of 1 MiB can name");
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

  /** Nobody had begun the job by then. */
  static JobError expired(Instant expiry) {
    return JobError.permanent(
        ErrorCode.EXPIRED, "The job waited until after its expiry at " + expiry);
  }

  /** The job's sender wants it no more. */
  static JobError cancelled() {
    return JobError.permanent(ErrorCode.CANCELLED, "The sender cancelled the job");
  }

  /** The worker has to go, or the node is taken from it. */
  static JobError drained() {
    return JobError.retryable(ErrorCode.DRAINED, "The worker let the job go before it could end");
  }

  /** A message is no job. */
  public static JobError unreadable(String reason) {
    return JobError.permanent(ErrorCode.UNREADABLE_MESSAGE, reason);
  }

  /** The job's deliveries end with those who take them. */
  public static JobError killer(long deliveries) {
    return JobError.permanent(
        ErrorCode.DELIVERY_LIMIT,
        "The job was given up after "
            + deliveries
            + " deliveries that ended with their worker or its connection");
  }

  /** This program failed at the attempt. */
  public static JobError fault(RuntimeException fault) {
    return JobError.retryable(ErrorCode.INTERNAL_ERROR, "The worker failed: " + fault);
  }

  /**
   * The attempt is over, but no message can be made of how it ended: another would end the same
   * way.
   *
   * @param attempt number of the attempt
   * @param ended how it ended, in words such as "with success"
   */
  public static JobError untellable(int attempt, String ended, RuntimeException why) {
    return JobError.permanent(
        ErrorCode.INTERNAL_ERROR,
        "Attempt %d ended, %s, but that cannot be told: %s"
            .formatted(attempt, ended, why.getMessage()));
  }
}
