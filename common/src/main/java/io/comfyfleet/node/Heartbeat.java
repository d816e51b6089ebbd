package io.comfyfleet.node;

import io.comfyfleet.job.InvalidMessageException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node's state, sent every {@code interval} and at once on each change.
 *
 * @param nodeId the node's name, unique in the fleet
 * @param state what it does
 * @param reason the state in words when it is not plain; null otherwise
 * @param url its ComfyUI as the worker reaches it
 * @param comfyuiVersion as ComfyUI told; null before the first contact
 * @param workerVersion version of the worker
 * @param lanes lanes served, and for each how many slots it may use
 * @param slots jobs the node runs at once, over all lanes
 * @param strategy by what it is chosen among free nodes: least-connections, weighted or fastest;
 *     null when not told
 * @param jobs what it has in hand
 * @param queueLength ComfyUI's own queue, running included; null when unknown
 * @param gpuUsage percent 0 to 100; null when unknown
 * @param memoryUsage share of the GPU's memory in use, percent 0 to 100; null when unknown
 * @param vramTotal memory of the GPU, bytes; null when unknown
 * @param vramUsed how much of it is in use, bytes; null when unknown
 * @param modelsHash the same on nodes whose ComfyUI lists the same model files; up to ten minutes
 *     old; null when unknown
 * @param processingSpeed seconds per job by type, moving average of successes; empty before the
 *     first
 * @param succeeded jobs that succeeded here since the worker's start
 * @param failed attempts that failed here since the worker's start
 * @param interval when the next one is due
 * @param startedAt start of the worker
 * @param sentAt the worker's clock
 */
public record Heartbeat(
    String nodeId,
    NodeState state,
    @Nullable String reason,
    URI url,
    @Nullable String comfyuiVersion,
    String workerVersion,
    Map<String, Integer> lanes,
    int slots,
    @Nullable String strategy,
    List<RunningJob> jobs,
    @Nullable Integer queueLength,
    @Nullable Integer gpuUsage,
    @Nullable Integer memoryUsage,
    @Nullable Long vramTotal,
    @Nullable Long vramUsed,
    @Nullable String modelsHash,
    Map<String, Double> processingSpeed,
    long succeeded,
    long failed,
    Duration interval,
    Instant startedAt,
    Instant sentAt)
    implements FleetEvent {

  private static final Duration USUAL_INTERVAL = Duration.ofSeconds(5);

  /**
   * Copies the collections; those that are absent are empty, an absent interval is five seconds.
   *
   * @throws InvalidMessageException when name or state are missing
   */
  public Heartbeat {
    Told.present("node_id", nodeId);
    Told.present("state", state);
    lanes = lanes == null ? Map.of() : Map.copyOf(lanes);
    jobs = jobs == null ? List.of() : List.copyOf(jobs);
    processingSpeed = processingSpeed == null ? Map.of() : Map.copyOf(processingSpeed);
    interval = interval == null ? USUAL_INTERVAL : interval;
  }
}
