package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.setup.Flavour;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Spends the time of one node in steps on a timer, telling of each, and stops between two. */
final class Steps {
  private static final long SLEEP_STEP_MS = 40;
  private static final long OLD_SLEEP_STEP_MS = 10;
  private static final long THROTTLE_MS = 100;
  private static final int MOST_STEPS = 20;

  private final PromptRunner runner;
  private final @Nullable RunEvents events;
  private final Progress progress;
  private final String node;
  private final BooleanSupplier interrupted;
  private final Runnable midway;
  private long lastSent;

  Steps(
      PromptRunner runner,
      @Nullable RunEvents events,
      Progress progress,
      String node,
      BooleanSupplier interrupted,
      Runnable midway) {
    this.runner = runner;
    this.events = events;
    this.progress = progress;
    this.node = node;
    this.interrupted = interrupted;
    this.midway = midway;
  }

  /**
   * Spends the time.
   *
   * @param inSeconds whether progress is counted in seconds, as the sleep node does, or in steps
   * @param done what follows
   * @param stopped what follows instead after an interrupt
   */
  void spend(Duration time, boolean inSeconds, Runnable done, Runnable stopped) {
    long total = time.toMillis();
    if (total <= 0) {
      midway.run();
      done.run();
      return;
    }
    int count = count(total, inSeconds);
    double max = inSeconds ? total / 1000.0 : count;
    tell(0, max, true);
    step(1, count, total, max, System.nanoTime(), done, stopped);
  }

  private int count(long total, boolean inSeconds) {
    if (!inSeconds) {
      return Math.clamp(total / THROTTLE_MS, 1, MOST_STEPS);
    }
    boolean old = runner.parts().options().flavour() == Flavour.V0_3_64;
    return (int) Math.max(1, total / (old ? OLD_SLEEP_STEP_MS : SLEEP_STEP_MS));
  }

  private void step(
      int index, int count, long total, double max, long begun, Runnable done, Runnable stopped) {
    long due = total * index / count - (System.nanoTime() - begun) / 1_000_000;
    runner
        .parts()
        .vertx()
        .setTimer(
            Math.max(1, due),
            timer -> {
              if (runner.dead()) {
                return;
              }
              if (interrupted.getAsBoolean()) {
                stopped.run();
                return;
              }
              if (index == (count + 1) / 2) {
                midway.run();
              }
              if (runner.dead()) {
                return;
              }
              tell(max * index / count, max, index == count);
              if (index == count) {
                done.run();
              } else {
                step(index + 1, count, total, max, begun, done, stopped);
              }
            });
  }

  private void tell(double value, double max, boolean always) {
    long now = System.nanoTime() / 1_000_000;
    if (events == null) {
      return;
    }
    boolean throttled = runner.parts().options().flavour() != Flavour.V0_3_64;
    if (always || !throttled || now - lastSent >= THROTTLE_MS) {
      lastSent = now;
      events.step(progress, node, value, max);
    }
  }
}
