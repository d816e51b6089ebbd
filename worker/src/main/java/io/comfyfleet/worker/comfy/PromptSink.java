package io.comfyfleet.worker.comfy;

/** Who wants to hear of one prompt. Called on the websocket's thread: must not block. */
public interface PromptSink {
  /** The prompt may have ended: look now rather than at the next poll. */
  void hint();

  /** ComfyUI said that the prompt has ended, however it ended. */
  void ended();

  /**
   * How far the prompt is, as ComfyUI tells.
   *
   * @param nodesDone finished nodes, cached ones included, and the running one's share: 3.5 is half
   *     of the fourth
   * @param node id of the graph's node that runs
   */
  void progress(double nodesDone, String node);
}
