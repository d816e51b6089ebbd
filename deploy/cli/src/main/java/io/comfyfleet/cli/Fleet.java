package io.comfyfleet.cli;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.SimulatorControl;
import io.comfyfleet.launch.SimulatorOutput;
import io.comfyfleet.launch.WorkerSettings;
import io.comfyfleet.process.ChildProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The running processes of one fleet. Closing it stops workers first, then the producer, then the
 * rest, so that work in hand can still be reported. Threads: one thread starts things; any thread
 * may close.
 */
final class Fleet implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(180);
  private static final Duration POLL = Duration.ofMillis(50);

  /** The checkpoint of the shipped image template; a node without it would refuse the graph. */
  private static final String MODELS = "v1-5-pruned-emaonly-fp16.safetensors";

  private static final int SIMULATOR_HEAP_MB = 128;
  private static final int PRODUCER_HEAP_MB = 160;
  private static final int WORKER_HEAP_MB = 96;

  private final Project project;
  private final Broker broker;
  private final Duration grace;
  private final List<ChildProcess> others = new ArrayList<>();
  private final List<ChildProcess> workers = new ArrayList<>();
  private boolean closed;

  /**
   * @param broker closed with this fleet
   * @param grace time a worker has to end its work when the fleet is closed
   */
  Fleet(Project project, Broker broker, Duration grace) {
    this.project = project;
    this.broker = broker;
    this.grace = grace;
  }

  Broker broker() {
    return broker;
  }

  /** Starts {@code count} simulated ComfyUI servers in one process; waits until they listen. */
  List<URI> startSimulators(int count, double secondsPerJob) {
    var arguments =
        List.of(
            "--nodes",
            Integer.toString(count),
            "--port",
            "0",
            "--seconds",
            Double.toString(secondsPerJob),
            "--models",
            MODELS);
    ChildProcess process =
        add(
            others,
            new JavaProgram(
                "simulator", project.simulatorJar(), SIMULATOR_HEAP_MB, arguments, Map.of()));
    await(
        count + " simulated nodes",
        () -> SimulatorOutput.addresses(process.tail(500)).size() >= count);
    return SimulatorOutput.addresses(process.tail(500));
  }

  /** Sets how long simulated machines need for a job from now on. */
  void pace(List<URI> simulators, double secondsPerJob) {
    for (URI simulator : simulators) {
      SimulatorControl.pace(simulator, secondsPerJob);
    }
  }

  /** Starts the producer and waits until it is healthy. */
  ProducerClient startProducer(ProducerSettings settings) {
    var environment = new HashMap<>(settings.environment());
    environment.put("AMQP_URI", broker.uri());
    add(
        others,
        new JavaProgram(
            "producer", project.producerJar(), PRODUCER_HEAP_MB, List.of(), environment));
    var client = new ProducerClient(settings.url());
    await("the producer's health", client::isHealthy);
    return client;
  }

  /** Starts one worker and returns at once. */
  void startWorker(WorkerSettings settings) {
    var environment = new HashMap<>(settings.environment());
    environment.put("AMQP_URI", broker.uri());
    String name = "worker-" + settings.nodeId();
    add(
        workers,
        new JavaProgram(name, project.workerJar(), WORKER_HEAP_MB, List.of(), environment));
  }

  /** Waits until a condition holds; fails early, with the log's end, when a process has ended. */
  void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      requireAlive();
      if (System.nanoTime() > end) {
        throw new FleetFailure(
            "Waited %d s for %s in vain; the logs are in %s"
                .formatted(START_LIMIT.toSeconds(), what, logs()));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** Fails when one of the processes has ended, showing which, its command and its last lines. */
  synchronized void requireAlive() {
    if (closed) {
      throw new FleetFailure("Stopped");
    }
    others.forEach(ChildProcess::requireAlive);
    workers.forEach(ChildProcess::requireAlive);
  }

  Path logs() {
    return project.logs();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    workers.forEach(ChildProcess::requestStop);
    workers.forEach(worker -> worker.stop(grace));
    others.reversed().forEach(process -> process.stop(grace));
    broker.close();
  }

  private synchronized ChildProcess add(List<ChildProcess> list, JavaProgram program) {
    if (closed) {
      throw new FleetFailure("Stopped");
    }
    ChildProcess process = program.start(project.logs());
    list.add(process);
    return process;
  }
}
