package io.comfyfleet.worker.comfy;

/** One thing that a prompt left behind. */
public sealed interface PromptOutput {
  /** The graph's node that made it. */
  String node();

  /**
   * A file in one of ComfyUI's folders.
   *
   * @param node the graph's node that made it
   * @param key the key it stood under in the node's outputs, such as {@code images}
   * @param position its position under that key, from 0
   * @param filename name without folders
   * @param subfolder folder below the output folder; may be empty
   * @param type ComfyUI's name of the folder, {@code output} as a rule
   */
  record StoredFile(
      String node, String key, int position, String filename, String subfolder, String type)
      implements PromptOutput {}

  /**
   * A string.
   *
   * @param node the graph's node that made it
   * @param text the string
   */
  record Text(String node, String text) implements PromptOutput {}
}
