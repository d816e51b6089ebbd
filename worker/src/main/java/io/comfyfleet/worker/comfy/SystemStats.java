package io.comfyfleet.worker.comfy;

import org.jspecify.annotations.Nullable;

/**
 * What ComfyUI tells of its machine.
 *
 * @param version ComfyUI's version; null when it does not tell
 * @param vramTotal memory of the first device, bytes; 0 when unknown
 * @param vramFree free memory of the first device, bytes
 */
public record SystemStats(@Nullable String version, long vramTotal, long vramFree) {
  /** Memory of the first device, bytes; null when unknown. */
  public @Nullable Long memoryTotal() {
    return vramTotal <= 0 ? null : vramTotal;
  }

  /** How much of it is in use, bytes; null when unknown. */
  public @Nullable Long memoryUsed() {
    return vramTotal <= 0 ? null : vramTotal - vramFree;
  }

  /** Share of the first device's memory in use, percent; null when unknown. */
  public @Nullable Integer memoryUsage() {
    return vramTotal <= 0 ? null : (int) Math.round(100.0 * (vramTotal - vramFree) / vramTotal);
  }
}
