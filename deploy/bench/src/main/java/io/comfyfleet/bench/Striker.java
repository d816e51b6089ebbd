package io.comfyfleet.bench;

import io.comfyfleet.broker.BrokerUnavailable;
import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.SimulatorControl;
import io.comfyfleet.process.ProcessFailed;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Carries a schedule out, each strike on a thread of its own, and undoes what lasts. Safe for all
 * threads.
 */
final class Striker {

  private static final Duration POLL = Duration.ofMillis(250);

  /** An armed fault that has met nothing for so long is disarmed and does not count. */
  static final Duration ARMED_LIMIT = Duration.ofSeconds(60);

  private final Machines machines;
  private final List<Struck> struck = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  Striker(Machines machines) {
    this.machines = machines;
  }

  /** Returns at once. */
  void begin(Schedule schedule, Instant start) {
    open.addAndGet(schedule.strikes().size());
    for (Strike strike : schedule.strikes()) {
      Thread.ofVirtual().name("strike").start(() -> strike(strike, start.plus(strike.at())));
    }
  }

  /** Whether everything has struck and is undone. */
  boolean isDone() {
    return open.get() == 0;
  }

  /** What has struck so far. */
  synchronized List<Struck> struck() {
    return List.copyOf(struck);
  }

  /** Strikes that could not be carried out, in words. */
  synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  private void strike(Strike strike, Instant when) {
    try {
      pause(Duration.between(Instant.now(), when));
      carryOut(strike);
    } catch (FleetFailure | BrokerUnavailable | ProcessFailed e) {
      synchronized (this) {
        failures.add(strike.line().strip() + ": " + e.getMessage());
      }
    } finally {
      open.decrementAndGet();
    }
  }

  private void carryOut(Strike strike) {
    switch (strike.kind()) {
      case WORKER_KILL -> {
        WorkerMachine worker = machines.worker(strike.node());
        during(strike, worker::kill, worker::start);
      }
      case WORKER_STOP -> {
        WorkerMachine worker = machines.worker(strike.node());
        during(strike, worker::suspend, worker::resume);
      }
      case NETWORK_CUT -> cut(strike, machines.worker(strike.node()).cable());
      case PRODUCER_CUT -> cut(strike, machines.producerCable());
      case PRODUCER_KILL -> during(strike, machines::killProducer, machines::startProducer);
      case BROKER_RESTART -> during(strike, machines.broker()::stop, machines.broker()::start);
      case BROKER_ALARM ->
          during(strike, machines.broker()::raiseMemoryAlarm, machines.broker()::clearMemoryAlarm);
      case COMFYUI_RESTART -> during(strike, () -> restart(strike), () -> {});
      case DEAF_SOCKET,
          SOCKET_DROP,
          LOST_RESPONSE,
          OUT_OF_MEMORY,
          CUDA_FAULT,
          HANG,
          OUTPUT_GONE,
          HISTORY_EVICTED ->
          armed(strike);
      case DUPLICATE_DELIVERY, CANCELLED_RUN, DEADLINE ->
          throw new IllegalStateException(strike.kind() + " is a request's, not the schedule's");
    }
  }

  private void cut(Strike strike, BrokerCable cable) {
    during(strike, () -> cable.hurt(strike.lasts()), cable::mend);
  }

  private void during(Strike strike, Runnable hurt, Runnable undo) {
    Instant begun = Instant.now();
    try {
      hurt.run();
      pause(strike.lasts());
    } finally {
      undo.run();
    }
    add(new Struck(strike.kind(), strike.nodeId(), begun, Instant.now()));
  }

  private void armed(Strike strike) {
    URI machine = machines.simulated().get(strike.node() - 1);
    List<String> faults = strike.kind().armed();
    faults.forEach(fault -> SimulatorControl.arm(machine, fault));
    Instant limit = Instant.now().plus(ARMED_LIMIT);
    while (isArmed(machine, faults)) {
      if (Instant.now().isAfter(limit)) {
        faults.forEach(fault -> SimulatorControl.disarm(machine, fault));
        return;
      }
      pause(POLL);
    }
    if (strike.kind().needsOperator()) {
      during(strike, () -> {}, () -> restart(strike));
    } else {
      Instant now = Instant.now();
      add(new Struck(strike.kind(), strike.nodeId(), now, now));
    }
  }

  /** A machine that is down just now is asked again: the fault may have met its prompt before. */
  private static boolean isArmed(URI machine, List<String> faults) {
    try {
      return faults.stream().anyMatch(SimulatorControl.armed(machine)::contains);
    } catch (FleetFailure e) {
      return true;
    }
  }

  private void restart(Strike strike) {
    SimulatorControl.restart(machines.simulated().get(strike.node() - 1));
  }

  private synchronized void add(Struck strike) {
    struck.add(strike);
  }

  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left; (left = end - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
    }
  }
}
