package io.comfyfleet.worker.node;

/**
 * What the driver tells of the GPU.
 *
 * @param usage percent, 0 to 100
 * @param memoryTotal its memory, bytes
 * @param memoryUsed how much of it is in use, bytes
 */
record GpuStats(int usage, long memoryTotal, long memoryUsed) {
  /** Share of its memory in use, percent, 0 to 100. */
  int memoryUsage() {
    return GpuProbe.percent(100.0 * memoryUsed / memoryTotal);
  }
}
