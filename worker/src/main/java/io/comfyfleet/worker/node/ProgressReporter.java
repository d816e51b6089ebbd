package io.comfyfleet.worker.node;

import io.comfyfleet.node.JobProgress;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells the fleet how far the jobs in hand are: each phase at once, progress within a phase at most
 * twice a second per job, and only when it moved. Thread-safe.
 */
public final class ProgressReporter {
  private final Node node;
  private final EventPublisher events;
  private final Clock clock;
  private final Map<UUID, Double> told = new ConcurrentHashMap<>();

  ProgressReporter(Node node, EventPublisher events, Clock clock) {
    this.node = node;
    this.events = events;
    this.clock = clock;
  }

  /** Tells of an attempt now. */
  public void report(RunningAttempt attempt) {
    told.put(attempt.job().jobId(), attempt.progress());
    events.publish(
        new JobProgress(
            node.identity().id(),
            attempt.job().jobId(),
            attempt.job().runId(),
            attempt.job().index(),
            attempt.job().attempt(),
            attempt.phase(),
            attempt.progress(),
            attempt.graphNode(),
            !attempt.isFirst(),
            clock.instant()));
  }

  /** To be called twice a second. */
  void tick() {
    told.keySet().removeIf(jobId -> node.inHand(jobId) == null);
    for (RunningAttempt attempt : node.inHand()) {
      Double last = told.get(attempt.job().jobId());
      if (last != null && last != attempt.progress()) {
        report(attempt);
      }
    }
  }
}
