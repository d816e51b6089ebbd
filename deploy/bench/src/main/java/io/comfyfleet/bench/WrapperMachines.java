package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.SimulatorControl;
import io.comfyfleet.launch.SimulatorOutput;
import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.FreePorts;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Machines as they are without a fleet: each a process with a simulated ComfyUI and a plain wrapper
 * in front of it, named {@code gpu1}, {@code gpu2} and so on. One thread at a time.
 */
final class WrapperMachines implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration GRACE = Duration.ofSeconds(3);
  private static final int HEAP_MB = 96;

  private final Project project;
  private final Path logs;
  private final List<Machine> machines = new ArrayList<>();
  private int lives;

  /** Starts so many and returns when all of them answer. */
  WrapperMachines(Project project, Path logs, int count) {
    this.project = project;
    this.logs = logs;
    List<Integer> ports = FreePorts.onLoopback(2 * count);
    for (int i = 0; i < count; i++) {
      machines.add(new Machine("gpu" + (i + 1), ports.get(2 * i), ports.get(2 * i + 1)));
    }
    machines.forEach(this::start);
    machines.forEach(WrapperMachines::awaitReady);
  }

  /** Addresses of the wrappers. */
  List<URI> wrappers() {
    return machines.stream().map(machine -> loopback(machine.wrapperPort)).toList();
  }

  /** Names by which the wrappers call themselves. */
  List<String> names() {
    return machines.stream().map(machine -> machine.name).toList();
  }

  /**
   * Sets how long each takes for a picture.
   *
   * @param seconds for the first so many machines
   */
  void pace(List<Double> seconds) {
    for (int i = 0; i < seconds.size(); i++) {
      SimulatorControl.pace(loopback(machines.get(i).comfyPort), seconds.get(i));
    }
  }

  /** How many pictures a machine has begun. */
  int begun(int number) {
    return SimulatorControl.executed(loopback(machines.get(number - 1).comfyPort)).size();
  }

  /** Ends a machine as a power cut would. */
  void kill(int number) {
    ChildProcess process = machines.get(number - 1).process;
    process.kill();
    process.ended().join();
  }

  /** Starts a killed one again, on its ports, with nothing remembered. */
  void revive(int number) {
    start(machines.get(number - 1));
    awaitReady(machines.get(number - 1));
  }

  @Override
  public void close() {
    machines.forEach(machine -> machine.process.requestStop());
    machines.forEach(machine -> machine.process.stop(GRACE));
  }

  private void start(Machine machine) {
    lives++;
    List<String> arguments =
        List.of(
            "--names",
            machine.name,
            "--port",
            Integer.toString(machine.comfyPort),
            "--wrapper-port",
            Integer.toString(machine.wrapperPort),
            "--seconds",
            "0.1");
    String log = machine.name + "-life-" + lives;
    machine.process =
        new JavaProgram(log, project.simulatorJar(), HEAP_MB, arguments, Map.of()).start(logs);
  }

  private static void awaitReady(Machine machine) {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (SimulatorOutput.wrappers(machine.process.tail(50)).isEmpty()) {
      machine.process.requireAlive();
      if (System.nanoTime() > end) {
        throw new FleetFailure(machine.name + " did not start within " + START_LIMIT);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static URI loopback(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  private static final class Machine {
    private final String name;
    private final int comfyPort;
    private final int wrapperPort;
    private ChildProcess process;

    @SuppressWarnings("NullAway.Init")
    Machine(String name, int comfyPort, int wrapperPort) {
      this.name = name;
      this.comfyPort = comfyPort;
      this.wrapperPort = wrapperPort;
    }
  }
}
