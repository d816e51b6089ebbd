package io.comfyfleet.producer.node;

import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.node.RunningJob;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A node as it is shown.
 *
 * @param id its name
 * @param url its ComfyUI as the worker reaches it
 * @param status what it does; offline when its heartbeats fail to come
 * @param reason the status in words when it is not plain
 * @param queueLength ComfyUI's own queue, running included
 * @param lastHeartbeat this producer's clock
 * @param lanes lanes served, and the slots for each
 * @param slots jobs at once
 * @param strategy by what it is chosen among free nodes: least-connections, weighted or fastest
 * @param jobs what it has in hand
 * @param gpuUsage percent
 * @param memoryUsage percent of the GPU's memory
 * @param vramTotal memory of the GPU, bytes; null when unknown
 * @param vramUsed how much of it is in use, bytes; null when unknown
 * @param modelsHash the same on nodes whose ComfyUI lists the same model files; null when unknown
 * @param processingSpeed seconds per job, mean over the types; null before the first
 * @param processingSpeedByType seconds per job
 * @param comfyuiVersion as ComfyUI told
 * @param workerVersion version of the worker
 * @param succeeded since the worker's start
 * @param failed attempts since the worker's start
 * @param startedAt start of the worker
 */
public record NodeView(
    String id,
    URI url,
    NodeState status,
    @Nullable String reason,
    @Nullable Integer queueLength,
    Instant lastHeartbeat,
    Map<String, Integer> lanes,
    int slots,
    @Nullable String strategy,
    List<RunningJob> jobs,
    @Nullable Integer gpuUsage,
    @Nullable Integer memoryUsage,
    @Nullable Long vramTotal,
    @Nullable Long vramUsed,
    @Nullable String modelsHash,
    @Nullable Double processingSpeed,
    Map<String, Double> processingSpeedByType,
    @Nullable String comfyuiVersion,
    String workerVersion,
    long succeeded,
    long failed,
    Instant startedAt) {

  static NodeView of(
      Heartbeat beat, NodeState status, @Nullable String reason, Instant lastHeartbeat) {
    return new NodeView(
        beat.nodeId(),
        beat.url(),
        status,
        reason,
        beat.queueLength(),
        lastHeartbeat,
        new TreeMap<>(beat.lanes()),
        beat.slots(),
        beat.strategy(),
        beat.jobs(),
        beat.gpuUsage(),
        beat.memoryUsage(),
        beat.vramTotal(),
        beat.vramUsed(),
        beat.modelsHash(),
        mean(beat.processingSpeed()),
        new TreeMap<>(beat.processingSpeed()),
        beat.comfyuiVersion(),
        beat.workerVersion(),
        beat.succeeded(),
        beat.failed(),
        beat.startedAt());
  }

  Health health() {
    return new Health(
        status, gpuUsage, memoryUsage, queueLength, processingSpeed, processingSpeedByType);
  }

  private static @Nullable Double mean(Map<String, Double> byType) {
    OptionalDouble mean = byType.values().stream().mapToDouble(Double::doubleValue).average();
    return mean.isPresent() ? mean.getAsDouble() : null;
  }

  /**
   * The part of it that tells how well it is.
   *
   * @param status what it does
   * @param gpuUsage percent
   * @param memoryUsage percent of the GPU's memory
   * @param queueLength ComfyUI's own queue, running included
   * @param processingSpeed seconds per job, mean over the types
   * @param processingSpeedByType seconds per job
   */
  public record Health(
      NodeState status,
      @Nullable Integer gpuUsage,
      @Nullable Integer memoryUsage,
      @Nullable Integer queueLength,
      @Nullable Double processingSpeed,
      Map<String, Double> processingSpeedByType) {}
}
