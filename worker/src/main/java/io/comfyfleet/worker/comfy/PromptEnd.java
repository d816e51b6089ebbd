package io.comfyfleet.worker.comfy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a prompt ended, from ComfyUI's history.
 *
 * @param how the end
 * @param outputs what it left, previews excluded, in the order of the history; also those that were
 *     saved before a failure
 * @param cachedNodes nodes whose result came from the cache
 * @param failure what was thrown; null unless it failed
 */
public record PromptEnd(
    How how, List<PromptOutput> outputs, int cachedNodes, @Nullable Failure failure) {

  /** Copies the outputs. */
  public PromptEnd {
    outputs = List.copyOf(outputs);
  }

  /** The ways to end. */
  public enum How {
    /** Every node ran. */
    SUCCEEDED,
    /** A node threw. */
    FAILED,
    /** Somebody interrupted it. */
    INTERRUPTED
  }

  /**
   * What a node threw, without the traceback and the dump of its inputs, which hold paths of the
   * machine and kilobytes of numbers.
   *
   * @param nodeId the graph's node
   * @param nodeType its class
   * @param exception type of the exception, such as {@code torch.OutOfMemoryError}
   * @param message its message
   */
  public record Failure(String nodeId, String nodeType, String exception, String message) {}
}
