package io.comfyfleet.worker.node;

import io.comfyfleet.job.JobType;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.worker.comfy.SystemStats;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's state and the jobs it has in hand. Thread-safe.
 *
 * <ol>
 *   <li>The state follows from facts (broker there, ComfyUI there, paused, draining, slots in use);
 *       nobody sets it.
 *   <li>Listeners are told after each change, outside the lock, on the changing thread.
 *   <li>Draining is final.
 * </ol>
 */
public final class Node {
  private static final Logger log = LoggerFactory.getLogger(Node.class);
  private static final double NEWEST_SHARE = 0.3;

  private final NodeIdentity identity;
  private final Clock clock;
  private final Map<UUID, RunningAttempt> inHand = new ConcurrentHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, Double> speed = new HashMap<>();
  private int slots;
  private Map<String, Integer> laneLimits;
  private boolean asked;
  private boolean brokerReady;
  private boolean comfyReady;
  private boolean comfyWasReady;
  private boolean paused;
  private boolean draining;
  private String comfyReason = "ComfyUI has not answered yet";
  private String brokerReason = "the broker has not answered yet";
  private @Nullable SystemStats stats;
  private @Nullable GpuStats gpu;
  private @Nullable String modelsHash;
  private @Nullable Integer queueLength;
  private Instant connectedAt = Instant.MIN;
  private long succeeded;
  private long failed;
  private @Nullable NodeState told;

  /**
   * @param identity what does not change
   * @param slots jobs to run at once
   * @param clock the worker's clock
   */
  public Node(NodeIdentity identity, int slots, Clock clock) {
    this.identity = identity;
    this.slots = slots;
    this.laneLimits = identity.laneLimits();
    this.clock = clock;
  }

  /** What does not change. */
  public NodeIdentity identity() {
    return identity;
  }

  /** Adds a listener that is told after each change of state, slots or jobs in hand. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** What the node does now. */
  public synchronized NodeState state() {
    if (draining) {
      return NodeState.DRAINING;
    }
    if (!comfyReady && comfyWasReady) {
      return NodeState.UNHEALTHY;
    }
    if (!comfyReady || !brokerReady || !asked) {
      return NodeState.STARTING;
    }
    if (paused) {
      return NodeState.PAUSED;
    }
    return inHand.size() >= slots ? NodeState.BUSY : NodeState.ONLINE;
  }

  /** Whether jobs may be asked for. */
  public synchronized boolean takesJobs() {
    return comfyReady && brokerReady && asked && !paused && !draining;
  }

  /** Whether the broker and every queue this node needs were there at the last try. */
  public synchronized boolean isBrokerReady() {
    return brokerReady;
  }

  /** Whether the node takes no more jobs for ever. */
  public synchronized boolean isDraining() {
    return draining;
  }

  /** Jobs that the node runs at once. */
  public synchronized int slots() {
    return slots;
  }

  /** An operator's wish. */
  public void slots(int wish) {
    change(() -> slots = wish);
  }

  /**
   * Lanes served now, in the order in which they are looked at, and how many slots each may use.
   */
  public synchronized Map<String, Integer> lanes() {
    Map<String, Integer> lanes = new LinkedHashMap<>();
    laneLimits.forEach((lane, limit) -> lanes.put(lane, Math.min(limit, slots)));
    return Collections.unmodifiableMap(lanes);
  }

  /** An operator's wish. The queue of each lane must be there. */
  public void lanes(Map<String, Integer> wish) {
    change(() -> laneLimits = wish);
  }

  /** The producer was asked what it remembers of this node, and had the time to tell. */
  public void asked() {
    change(() -> asked = true);
  }

  /** Takes no more jobs until {@link #resume}. */
  public void pause() {
    change(() -> paused = true);
  }

  /** Takes jobs again. */
  public void resume() {
    change(() -> paused = false);
  }

  /** Takes no more jobs, for ever. */
  public void drain() {
    change(() -> draining = true);
  }

  /** The broker and every queue this node needs are there. */
  public void brokerFound() {
    change(() -> brokerReady = true);
  }

  /** The broker, or a queue this node needs, is not there. */
  public void brokerLost(String reason) {
    change(() -> {
      brokerReady = false;
      brokerReason = reason;
    });
  }

  /** A connection to the broker was made, be it the first or one after a break. */
  public synchronized void brokerConnected() {
    connectedAt = clock.instant();
  }

  /** Whether the last connection to the broker was made that long ago. */
  public synchronized boolean isConnectedFor(Duration time) {
    return !connectedAt.plus(time).isAfter(clock.instant());
  }

  /** ComfyUI answered. */
  public void comfyFound(SystemStats found, int length) {
    change(() -> {
      comfyReady = true;
      comfyWasReady = true;
      stats = found;
      queueLength = length;
    });
  }

  /**
   * What the driver told of the GPU.
   *
   * @param found null when it did not tell
   */
  synchronized void gpuSeen(@Nullable GpuStats found) {
    gpu = found;
  }

  /**
   * Which models ComfyUI lists.
   *
   * @param hash of the list; null when ComfyUI did not tell
   */
  synchronized void modelsSeen(@Nullable String hash) {
    modelsHash = hash;
  }

  /** ComfyUI does not do its work. */
  public void comfyLost(String reason) {
    change(() -> {
      comfyReady = false;
      comfyReason = reason;
      queueLength = null;
    });
  }

  /** A job was taken. */
  public void begin(RunningAttempt attempt) {
    change(() -> inHand.put(attempt.job().jobId(), attempt));
  }

  /** A job was settled, or given back. */
  public void end(RunningAttempt attempt) {
    change(() -> inHand.remove(attempt.job().jobId(), attempt));
  }

  /** An attempt succeeded after so long. */
  public synchronized void countSuccess(JobType type, Duration elapsed) {
    succeeded++;
    double seconds = elapsed.toMillis() / 1000.0;
    speed.merge(type.wireName(), seconds, (old, now) -> old + NEWEST_SHARE * (now - old));
  }

  /**
   * How long the latest successes of a type took, moving average; null before the first.
   *
   * @param type wire name
   */
  public synchronized @Nullable Double secondsPerJob(String type) {
    return speed.get(type);
  }

  /** Whether attempts have failed here and no job has succeeded, since the worker's start. */
  public synchronized boolean hasOnlyFailed() {
    return failed > 0 && succeeded == 0;
  }

  /** An attempt failed. */
  public synchronized void countFailure() {
    failed++;
  }

  /** The jobs in hand, in no order. */
  public List<RunningAttempt> inHand() {
    return List.copyOf(inHand.values());
  }

  /** The attempt of that job if this node has it in hand; null otherwise. */
  public @Nullable RunningAttempt inHand(UUID jobId) {
    return inHand.get(jobId);
  }

  /** The state as the fleet is told. */
  public synchronized Heartbeat heartbeat() {
    return heartbeat(state());
  }

  /** The last word. */
  public synchronized Heartbeat goodbye() {
    return heartbeat(NodeState.OFFLINE);
  }

  private Heartbeat heartbeat(NodeState state) {
    return new Heartbeat(
        identity.id(),
        state,
        reason(state),
        identity.url(),
        stats == null ? null : stats.version(),
        identity.workerVersion(),
        lanes(),
        slots,
        identity.strategy(),
        inHand.values().stream().map(RunningAttempt::snapshot).toList(),
        queueLength,
        gpu == null ? null : gpu.usage(),
        memoryUsage(),
        vramTotal(),
        vramUsed(),
        modelsHash,
        speed,
        succeeded,
        failed,
        identity.heartbeatInterval(),
        identity.startedAt(),
        clock.instant());
  }

  /** The driver knows better than ComfyUI, which sees only what it took itself. */
  private @Nullable Integer memoryUsage() {
    if (gpu != null) {
      return gpu.memoryUsage();
    }
    return stats == null ? null : stats.memoryUsage();
  }

  private @Nullable Long vramTotal() {
    if (gpu != null) {
      return gpu.memoryTotal();
    }
    return stats == null ? null : stats.memoryTotal();
  }

  private @Nullable Long vramUsed() {
    if (gpu != null) {
      return gpu.memoryUsed();
    }
    return stats == null ? null : stats.memoryUsed();
  }

  private @Nullable String reason(NodeState state) {
    return switch (state) {
      case STARTING, UNHEALTHY -> notReadyReason();
      case PAUSED -> "paused by an operator";
      case DRAINING -> "it ends when its jobs have ended";
      case ONLINE, BUSY, OFFLINE -> null;
    };
  }

  private String notReadyReason() {
    if (!comfyReady) {
      return comfyReason;
    }
    return brokerReady ? "it asks the producer whether it is paused" : brokerReason;
  }

  private void change(Runnable change) {
    NodeState now;
    String reason;
    synchronized (this) {
      change.run();
      now = state();
      reason = reason(now);
      if (isNews(now)) {
        log.atInfo()
            .addKeyValue(LogKeys.STATE, now)
            .addKeyValue(LogKeys.REASON, Objects.requireNonNullElse(reason, "-"))
            .log("node state changed");
      }
      told = now;
    }
    listeners.forEach(Runnable::run);
  }

  /** Taking and ending jobs is no news. */
  private boolean isNews(NodeState now) {
    boolean working = now == NodeState.BUSY || now == NodeState.ONLINE;
    boolean wasWorking = told == NodeState.BUSY || told == NodeState.ONLINE;
    return told != now && !(working && wasWorking);
  }
}
