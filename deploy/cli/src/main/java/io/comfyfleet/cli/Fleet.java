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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

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
  private final Map<ChildProcess, WorkerSettings> workers = new LinkedHashMap<>();
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
        new JavaProgram(
            "producer", project.producerJar(), PRODUCER_HEAP_MB, List.of(), environment));
    var client = new ProducerClient(settings.url());
    await("the producer's health", client::isHealthy);
    return client;
  }

  /** Starts one worker and returns at once. */
  void startWorker(WorkerSettings settings) {
    startWorker(settings, 1);
  }

  /**
   * Starts a worker, again or for the first time, and returns at once.
   *
   * @param life how often it has been started with this; each life has a log of its own
   */
  synchronized void startWorker(WorkerSettings settings, int life) {
    requireOpen();
    var environment = new HashMap<>(settings.environment());
    environment.put("AMQP_URI", broker.uri());
    String name = "worker-" + settings.nodeId() + (life == 1 ? "" : "-life-" + life);
    var program =
        new JavaProgram(name, project.workerJar(), WORKER_HEAP_MB, List.of(), environment);
    workers.put(program.start(project.logs()), settings);
  }

  /**
   * The workers that have ended since they were asked for last. Fails when anything else has ended:
   * the fleet can do without any worker, but not without the rest.
   */
  synchronized List<EndedWorker> endedWorkers() {
    requireOpen();
    others.forEach(ChildProcess::requireAlive);
    List<EndedWorker> ended =
        workers.entrySet().stream()
            .filter(worker -> !worker.getKey().isAlive())
            .map(worker ->
                new EndedWorker(
                    worker.getValue(),
                    worker.getKey().ended().join(),
                    worker.getKey().command().log()))
            .toList();
    workers.keySet().removeIf(worker -> !worker.isAlive());
    return ended;
  }

  /** The processes of the workers that have not been told as ended, by node id. */
  synchronized Map<String, ChildProcess> workers() {
    return workers.entrySet().stream()
        .collect(Collectors.toMap(worker -> worker.getValue().nodeId(), Map.Entry::getKey));
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
    requireOpen();
    others.forEach(ChildProcess::requireAlive);
    workers.keySet().forEach(ChildProcess::requireAlive);
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
    workers.keySet().forEach(ChildProcess::requestStop);
    workers.keySet().forEach(worker -> worker.stop(grace));
    others.reversed().forEach(process -> process.stop(grace));
    broker.close();
  }

  private synchronized ChildProcess add(JavaProgram program) {
    requireOpen();
    ChildProcess process = program.start(project.logs());
    others.add(process);
    return process;
  }

  private void requireOpen() {
    if (closed) {
      throw new FleetFailure("Stopped");
    }
  }

  /**
   * A worker that runs no more.
   *
   * @param settings how it was run
   * @param status exit status
   * @param log its log
   */
  record EndedWorker(WorkerSettings settings, int status, Path log) {
    private static final int SIGTERM = 128 + 15;

    /** Whether somebody asked it to end. */
    boolean wasDrained() {
      return status == 0 || status == SIGTERM;
    }

    String line() {
      return wasDrained()
          ? "Worker " + settings.nodeId() + " was drained and has ended"
          : "Worker %s has ended with status %d (log: %s)"
              .formatted(settings.nodeId(), status, log);
    }
  }
}
