package io.comfyfleet.worker.node;

/**
 * What the driver tells of the GPU.
 *
 * @param usage percent, 0 to 100
 * @param memoryUsage share of its memory in use, percent, 0 to 100
 */
record GpuStats(int usage, int memoryUsage) {}
