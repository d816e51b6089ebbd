package io.comfyfleet.bench;

import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.WorkerSettings;
import io.comfyfleet.process.ChildProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One worker process, its ComfyUI's address and its cable to the broker. Safe for all threads. */
final class WorkerMachine implements AutoCloseable {

  private static final int HEAP_MB = 96;
  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final String nodeId;
  private final Project project;
  private final Path logs;
  private final URI comfyUi;
  private final BrokerCable cable;
  private final Map<String, String> environment;
  private @Nullable ChildProcess process;
  private int lives;
  private boolean wanted;

  WorkerMachine(
      String nodeId,
      Project project,
      Path logs,
      String brokerUri,
      URI comfyUi,
      URI store,
      Map<String, String> settings) {
    this.nodeId = nodeId;
    this.project = project;
    this.logs = logs;
    this.comfyUi = comfyUi;
    cable = new BrokerCable(brokerUri);
    environment =
        new HashMap<>(
            new WorkerSettings(nodeId, comfyUi, WorkerSettings.DEFAULT_LANES, 1, store, DRAIN)
                .environment());
    environment.put("AMQP_URI", cable.uri());
    environment.putAll(impatience());
    environment.putAll(settings);
  }

  String nodeId() {
    return nodeId;
  }

  URI comfyUi() {
    return comfyUi;
  }

  BrokerCable cable() {
    return cable;
  }

  /** Starts the worker unless it runs; each life has a log of its own. */
  synchronized void start() {
    wanted = true;
    if (process != null && process.isAlive()) {
      return;
    }
    lives++;
    String name = nodeId + (lives == 1 ? "" : "-life-" + lives);
    process =
        new JavaProgram(name, project.workerJar(), HEAP_MB, List.of(), environment).start(logs);
  }

  synchronized void kill() {
    wanted = false;
    if (process != null) {
      process.kill();
      process.ended().join();
    }
  }

  synchronized void suspend() {
    if (process != null) {
      process.suspend();
    }
  }

  synchronized void resume() {
    if (process != null) {
      process.resume();
    }
  }

  /** Starts a worker that has ended by itself again and tells its last lines; else empty. */
  synchronized Optional<String> mend() {
    if (!wanted || process == null || process.isAlive()) {
      return Optional.empty();
    }
    String end = process.command().name() + ": " + String.join(" | ", process.tail(3));
    start();
    return Optional.of(end);
  }

  synchronized void requestStop() {
    wanted = false;
    cable.mend();
    if (process != null) {
      process.requestStop();
    }
  }

  @Override
  public synchronized void close() {
    if (process != null) {
      process.stop(GRACE);
    }
    cable.close();
  }

  /** What would take a real fleet's operator minutes is to show within seconds. */
  private static Map<String, String> impatience() {
    return Map.of(
        "SPRING_RABBITMQ_REQUESTED_HEARTBEAT", "10s",
        "FLEET_NODE_HEARTBEAT_INTERVAL", "1s",
        "FLEET_RETRY_DELAYS", "1s",
        "FLEET_HEALTH_STALL", "8s",
        "FLEET_HEALTH_CANARY_TIMEOUT", "5s");
  }
}
