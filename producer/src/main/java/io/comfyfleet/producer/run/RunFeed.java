package io.comfyfleet.producer.run;

import io.comfyfleet.node.JobProgress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Tells those who wait for a run that something happened in it. Only a hint: with several producers
 * the change may be another's, so whoever waits also looks by itself from time to time.
 */
@Component
class RunFeed {
  private static final int BUFFER = 256;

  private final ConcurrentHashMap<String, Set<Subscription>> subscriptions =
      new ConcurrentHashMap<>();
  private volatile boolean closing;

  /** What is told. */
  sealed interface Signal {
    /** A job or the run changed in the database. */
    record Changed() implements Signal {}

    /** A node told how far it is. */
    record Progress(JobProgress progress) implements Signal {}
  }

  /** One who waits; closed when it no longer does. */
  final class Subscription implements AutoCloseable {
    private final String runId;
    private final BlockingQueue<Signal> signals = new ArrayBlockingQueue<>(BUFFER);

    private Subscription(String runId) {
      this.runId = runId;
    }

    /** The next signal, or null when none came in time. */
    @Nullable Signal next(Duration wait) throws InterruptedException {
      return signals.poll(Math.max(0, wait.toMillis()), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
      subscriptions.computeIfPresent(
          runId,
          (id, set) -> {
            set.remove(this);
            return set.isEmpty() ? null : set;
          });
    }
  }

  Subscription subscribe(String runId) {
    Subscription subscription = new Subscription(runId);
    subscriptions.compute(
        runId,
        (id, set) -> {
          Set<Subscription> all = set == null ? ConcurrentHashMap.newKeySet() : set;
          all.add(subscription);
          return all;
        });
    return subscription;
  }

  /** Whether the process stops: whoever waits should answer with what there is. */
  boolean closing() {
    return closing;
  }

  @EventListener(ContextClosedEvent.class)
  void close() {
    closing = true;
    subscriptions.keySet().forEach(id -> tell(id, new Signal.Changed()));
  }

  void tell(String runId, Signal signal) {
    for (Subscription each : subscriptions.getOrDefault(runId, Set.of())) {
      // A slow reader misses progress, never a result: those it reads from the database.
      each.signals.offer(signal);
    }
  }
}
