package io.comfyfleet.worker.comfy;

/** Where a prompt is inside ComfyUI. */
public sealed interface PromptStatus {
  /** Neither queued nor running nor in the history: never submitted, removed, or forgotten. */
  record Absent() implements PromptStatus {}

  /** Queued. */
  record Pending() implements PromptStatus {}

  /** Running. */
  record Running() implements PromptStatus {}

  /**
   * Ended, one way or another.
   *
   * @param end how
   */
  record Ended(PromptEnd end) implements PromptStatus {}
}
