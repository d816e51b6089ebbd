package io.comfyfleet.worker.node;

import io.comfyfleet.node.NodeState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.Lifecycle;
import org.springframework.context.SmartLifecycle;

/**
 * The node's pulse: probes ComfyUI, tells the state every interval and at once on a change, and
 * says goodbye at the end. Stops after the intake has drained and before the connections close.
 */
final class NodeLifecycle implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(NodeLifecycle.class);
  private static final Duration PROGRESS_TICK = Duration.ofMillis(500);
  private static final Duration PROBE_WHILE_DOWN = Duration.ofMillis(500);
  private static final Duration LISTEN_RETRY = Duration.ofMillis(100);
  private static final Duration ANSWER_WAIT = Duration.ofMillis(300);
  private static final Duration ORPHAN_SWEEP = Duration.ofSeconds(5);

  private final Node node;
  private final NodeHealth health;
  private final Orphans orphans;
  private final ProgressReporter progress;
  private final EventPublisher events;
  private final Lifecycle control;
  private final GpuProbe gpu;
  private final ModelInventory models;
  // Six, so that a ComfyUI or a driver that does not answer does not hold up the heartbeat.
  private final ScheduledExecutorService pulse =
      Executors.newScheduledThreadPool(6, Thread.ofVirtual().name("pulse-", 0).factory());
  private volatile boolean running;
  private @Nullable Told told;
  private Instant probedAt = Instant.MIN;

  NodeLifecycle(
      Node node,
      NodeHealth health,
      Orphans orphans,
      ProgressReporter progress,
      EventPublisher events,
      Lifecycle control,
      GpuProbe gpu,
      ModelInventory models) {
    this.node = node;
    this.health = health;
    this.orphans = orphans;
    this.progress = progress;
    this.events = events;
    this.control = control;
    this.gpu = gpu;
    this.models = models;
    node.onChange(this::tellChange);
  }

  /** What a change is measured by. */
  private record Told(NodeState state, int slots, Map<String, Integer> lanes, Set<UUID> jobs) {}

  @Override
  public void start() {
    running = true;
    every(PROBE_WHILE_DOWN, this::probe);
    every(LISTEN_RETRY, this::listen);
    every(node.identity().heartbeatInterval(), this::tell);
    every(PROGRESS_TICK, progress::tick);
    every(ORPHAN_SWEEP, this::sweep);
    every(node.identity().heartbeatInterval(), () -> node.gpuSeen(gpu.ask().orElse(null)));
    every(node.identity().heartbeatInterval(), this::lookAtModels);
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Before the intake's start, after its stop. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE - 200;
  }

  @Override
  public void stop() {
    running = false;
    pulse.shutdownNow();
    control.stop();
    if (node.isBrokerReady()) {
      events.publish(node.goodbye());
    }
    events.close();
  }

  private void sweep() {
    // A worker that has just started, or has lost the broker, may yet be handed their jobs.
    if (node.isBrokerReady() && node.state() != NodeState.STARTING) {
      orphans.sweep();
    }
  }

  private void probe() throws InterruptedException {
    boolean due =
        node.state() == NodeState.STARTING
            || node.state() == NodeState.UNHEALTHY
            || probedAt.plus(node.identity().heartbeatInterval()).isBefore(Instant.now());
    if (due) {
      probedAt = Instant.now();
      health.probe();
    }
  }

  private void lookAtModels() {
    NodeState state = node.state();
    if (state == NodeState.STARTING || state == NodeState.UNHEALTHY) {
      models.forget();
    } else {
      node.modelsSeen(models.hash());
    }
  }

  private void listen() {
    // Its exchange is there only when the producer has been.
    if (running && node.isBrokerReady() && !control.isRunning()) {
      control.start();
      // Only who listens can be told; a producer answers this beat with what it remembers.
      events.publish(node.heartbeat());
      pulse.schedule(node::asked, ANSWER_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void tell() {
    if (node.isBrokerReady()) {
      events.publish(node.heartbeat());
    }
  }

  private void tellChange() {
    Set<UUID> jobs = new HashSet<>();
    node.inHand().forEach(attempt -> jobs.add(attempt.job().jobId()));
    Told now = new Told(node.state(), node.slots(), node.lanes(), jobs);
    synchronized (this) {
      if (!running || !node.isBrokerReady() || Objects.equals(now, told)) {
        return;
      }
      told = now;
    }
    tell();
  }

  private void every(Duration interval, Task task) {
    pulse.scheduleWithFixedDelay(() -> beat(task), 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void beat(Task task) {
    try {
      task.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // The thread's edge: a fault of ours in one beat must not be the last beat.
      log.atError().setCause(e).log("heartbeat or probe failed by a fault of the worker");
    }
  }

  /** One beat. */
  private interface Task {
    void run() throws InterruptedException;
  }
}
