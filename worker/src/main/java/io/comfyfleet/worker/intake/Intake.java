package io.comfyfleet.worker.intake;

import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.worker.execution.RunningAttempt;
import io.comfyfleet.worker.node.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts a loop per slot and look-ahead, and drains them. Its stop is the worker's drain: it
 * returns when nothing is in hand any more, so it must come before the end of the connections.
 */
final class Intake implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Intake.class);
  private static final Duration GIVE_BACK_WAIT = Duration.ofSeconds(20);

  private final Node node;
  private final int lookAhead;
  private final Duration drainDeadline;
  private final Settlement settlement;
  private final LoopFactory loops;
  private final List<Thread> threads = new ArrayList<>();

  /** Those of the threads that were told to end, and may still have a job. */
  private final Set<Thread> leaving = new HashSet<>();

  private volatile boolean running;

  Intake(
      Node node, int lookAhead, Duration drainDeadline, Settlement settlement, LoopFactory loops) {
    this.node = node;
    this.lookAhead = lookAhead;
    this.drainDeadline = drainDeadline;
    this.settlement = settlement;
    this.loops = loops;
    node.onChange(this::adjust);
  }

  /** Makes the loop of that number, which goes on as long as it is wanted. */
  interface LoopFactory {
    JobLoop create(java.util.function.BooleanSupplier wanted);
  }

  @Override
  public void start() {
    running = true;
    adjust();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** The first to stop, while everything else still works. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE - 100;
  }

  @Override
  public void stop() {
    running = false;
    Instant since = Instant.now();
    log.atInfo().addKeyValue(LogKeys.COUNT, node.inHand().size()).log("drain started");
    node.drain();
    if (!joined(since.plus(drainDeadline))) {
      log.atWarn()
          .addKeyValue(LogKeys.COUNT, node.inHand().size())
          .log("drain deadline passed, giving jobs back");
      settlement.giveUp();
      node.inHand().forEach(attempt -> attempt.stop(RunningAttempt.Stop.DRAIN));
      if (!joined(Instant.now().plus(GIVE_BACK_WAIT))) {
        threads().forEach(Thread::interrupt);
      }
    }
    log.atInfo()
        .addKeyValue(LogKeys.ELAPSED_MS, Duration.between(since, Instant.now()).toMillis())
        .log("drain ended");
  }

  private synchronized void adjust() {
    if (!running) {
      return;
    }
    forgetEnded();
    while (threads.size() - leaving.size() < wantedLoops()) {
      // Not virtual: these threads keep the process alive.
      Thread thread = new Thread(loops.create(this::isWanted), "slot-" + (threads.size() + 1));
      threads.add(thread);
      thread.start();
    }
  }

  /** A loop of many that finds too many loops ends; it is told so as often as it asks. */
  private synchronized boolean isWanted() {
    Thread loop = Thread.currentThread();
    forgetEnded();
    if (!leaving.contains(loop) && threads.size() - leaving.size() > wantedLoops()) {
      leaving.add(loop);
    }
    return !leaving.contains(loop);
  }

  private void forgetEnded() {
    threads.removeIf(thread -> !thread.isAlive());
    leaving.retainAll(threads);
  }

  private int wantedLoops() {
    return node.slots() + lookAhead;
  }

  private synchronized List<Thread> threads() {
    return List.copyOf(threads);
  }

  private boolean joined(Instant deadline) {
    try {
      for (Thread thread : threads()) {
        Duration left = Duration.between(Instant.now(), deadline);
        if (!thread.join(left.isPositive() ? left : Duration.ofMillis(1))) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
