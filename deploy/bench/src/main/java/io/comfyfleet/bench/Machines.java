package io.comfyfleet.bench;

import io.comfyfleet.broker.Broker;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.SimulatorOutput;
import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.FreePorts;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The processes of the fleet: one simulator for all machines, a producer and per machine a worker,
 * each behind a cable of its own to the broker. Threads: any may call; closing ends everything, for
 * good.
 */
final class Machines implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(180);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int STARTED_TOGETHER = 2;
  private static final int SIMULATOR_HEAP_MB = 192;
  private static final int PRODUCER_HEAP_MB = 192;

  private final Project project;
  private final Path folder;
  private final Broker broker;
  private final String brokerUri;
  private final ProducerSettings producerSettings;
  private final ProducerClient client;
  private final List<WorkerMachine> workers = new ArrayList<>();
  private final List<String> surprises = new ArrayList<>();
  private ChildProcess simulator;
  private List<URI> simulated = List.of();
  private final BrokerCable producerCable;
  private ChildProcess producer;
  private int producerLives;
  private boolean producerWanted;
  private boolean closed;

  /**
   * @param folder for database, files and logs
   * @param broker not closed with this
   * @param brokerUri the virtual host of it to use
   */
  @SuppressWarnings("NullAway.Init")
  Machines(Project project, Path folder, Broker broker, String brokerUri) {
    this.project = project;
    this.folder = folder;
    this.broker = broker;
    this.brokerUri = brokerUri;
    producerSettings =
        ProducerSettings.onLoopback(FreePorts.onLoopback(1).getFirst(), folder).withoutModels();
    producerCable = new BrokerCable(brokerUri);
    client = new ProducerClient(producerSettings.url());
  }

  static String nodeId(int number) {
    return "node-" + number;
  }

  /** Starts everything and returns when every node is online. */
  void start(int count) {
    start(count, number -> Map.of());
  }

  /**
   * Starts everything and returns when every node is online.
   *
   * @param settings environment of a worker, by the number of its node from 1
   */
  void start(int count, IntFunction<Map<String, String>> settings) {
    simulator =
        start("simulator", project.simulatorJar(), SIMULATOR_HEAP_MB, simulation(count), Map.of());
    await(count + " simulated machines", () -> addresses().size() >= count);
    simulated = addresses();
    startProducer();
    for (int number = 1; number <= count; number++) {
      URI machine = simulated.get(number - 1);
      var worker =
          new WorkerMachine(
              nodeId(number),
              project,
              logs(),
              brokerUri,
              machine,
              producerSettings.url(),
              settings.apply(number));
      synchronized (this) {
        workers.add(worker);
      }
      worker.start();
      if (number % STARTED_TOGETHER == 0 || number == count) {
        List<String> wanted = IntStream.rangeClosed(1, number).mapToObj(Machines::nodeId).toList();
        await(number + " nodes to be online", () -> client.onlineNodes().containsAll(wanted));
      }
    }
  }

  /** Ids of the nodes that the producer does not show as online. */
  List<String> missing() {
    Set<String> online = client.onlineNodes();
    return List.copyOf(workers).stream()
        .map(WorkerMachine::nodeId)
        .filter(nodeId -> !online.contains(nodeId))
        .toList();
  }

  WorkerMachine worker(int number) {
    return workers.get(number - 1);
  }

  /** The producer's line to the broker. */
  BrokerCable producerCable() {
    return producerCable;
  }

  Broker broker() {
    return broker;
  }

  String brokerUri() {
    return brokerUri;
  }

  /** Addresses of the simulated machines, in the order of the nodes. */
  List<URI> simulated() {
    return simulated;
  }

  URI producerUrl() {
    return producerSettings.url();
  }

  Path logs() {
    return folder.resolve("logs");
  }

  synchronized void killProducer() {
    producerWanted = false;
    producer.kill();
    producer.ended().join();
  }

  /** Starts the producer and waits until it is healthy. */
  void startProducer() {
    synchronized (this) {
      var environment = new HashMap<>(producerSettings.environment());
      environment.put("AMQP_URI", producerCable.uri());
      producerLives++;
      String name = "producer" + (producerLives == 1 ? "" : "-life-" + producerLives);
      producer = start(name, project.producerJar(), PRODUCER_HEAP_MB, List.of(), environment);
      producerWanted = true;
    }
    await("the producer's health", client::isHealthy);
  }

  /** Starts again what has ended though nobody struck it, and remembers that it had. */
  void mend() {
    for (WorkerMachine worker : List.copyOf(workers)) {
      worker.mend().ifPresent(this::remember);
    }
    synchronized (this) {
      if (!producerWanted || producer.isAlive() || closed) {
        return;
      }
    }
    remember(producer.command().name() + ": " + String.join(" | ", producer.tail(3)));
    startProducer();
  }

  /** The processes that ended by themselves, each with its last lines. */
  synchronized List<String> surprises() {
    return List.copyOf(surprises);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      producerWanted = false;
    }
    producerCable.mend();
    workers.forEach(WorkerMachine::requestStop);
    workers.forEach(WorkerMachine::close);
    if (producer != null) {
      producer.stop(GRACE);
    }
    producerCable.close();
    if (simulator != null) {
      simulator.stop(GRACE);
    }
  }

  private synchronized void remember(String surprise) {
    surprises.add(surprise);
  }

  private List<URI> addresses() {
    return SimulatorOutput.addresses(simulator.tail(500));
  }

  /** On ports that stay theirs while a machine is down. */
  private static List<String> simulation(int count) {
    String ports =
        FreePorts.onLoopback(count).stream().map(String::valueOf).collect(Collectors.joining(","));
    return List.of("--nodes", Integer.toString(count), "--port", ports, "--seconds", "0.2");
  }

  private synchronized ChildProcess start(
      String name, Path jar, int heapMb, List<String> arguments, Map<String, String> environment) {
    if (closed) {
      throw new FleetFailure("Stopped");
    }
    return new JavaProgram(name, jar, heapMb, arguments, environment).start(logs());
  }

  private void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      synchronized (this) {
        if (closed || System.nanoTime() > end) {
          throw new FleetFailure(
              closed ? "Stopped" : "Waited in vain for " + what + "; logs are in " + logs());
        }
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }
}
