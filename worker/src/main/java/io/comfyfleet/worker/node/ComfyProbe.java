package io.comfyfleet.worker.node;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.PromptStatus;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether ComfyUI does its work, and tells the node. Thread-safe.
 *
 * <p>After a CUDA fault a ComfyUI process answers but fails every prompt until it is restarted. The
 * proof of a restart is that it has forgotten the prompt that met the fault: its history is in
 * memory only.
 */
public final class ComfyProbe {
  private final ComfyClient comfy;
  private final Node node;
  private volatile @Nullable UUID poisonedBy;

  ComfyProbe(ComfyClient comfy, Node node) {
    this.comfy = comfy;
    this.node = node;
  }

  /** Asks ComfyUI now. */
  void probe() {
    try {
      var stats = comfy.systemStats();
      int length = comfy.queueLength();
      UUID poison = poisonedBy;
      if (poison != null && !(comfy.look(poison) instanceof PromptStatus.Absent)) {
        node.comfyLost("the GPU met a fault; restart ComfyUI");
        return;
      }
      poisonedBy = null;
      node.comfyFound(stats, length);
    } catch (ComfyException e) {
      node.comfyLost(String.valueOf(e.getMessage()));
    }
  }

  /**
   * An attempt was cut short: the node may be to blame, and takes no jobs until the next probe.
   *
   * @param error why it was cut short
   * @param promptId its prompt
   */
  public void suspect(JobError error, UUID promptId) {
    if (error.code() == ErrorCode.GPU_POISONED) {
      poisonedBy = promptId;
    }
    if (error.code() == ErrorCode.GPU_POISONED || error.code() == ErrorCode.COMFYUI_UNREACHABLE) {
      node.comfyLost(error.message());
    }
  }

  /** An operator says that the fault is cured. */
  void acquit() {
    poisonedBy = null;
  }
}
