package io.comfyfleet.worker.comfy;

/**
 * The name under which ComfyUI took a file, which may differ from the one that was offered.
 *
 * @param name file name
 * @param subfolder folder below the input folder; may be empty
 */
public record UploadedFile(String name, String subfolder) {
  /** The value of a loader node's input that names this file. */
  public String inputValue() {
    return subfolder.isEmpty() ? name : subfolder + "/" + name;
  }
}
