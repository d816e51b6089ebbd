package io.comfyfleet.worker.intake;

import io.comfyfleet.worker.node.Recent;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/**
 * Keeps two deliveries of one job apart: a lost connection makes the broker deliver a job again
 * that this worker still runs, or has settled with an ack that never arrived. Thread-safe.
 */
final class JobsInHand {
  private final Set<UUID> claimed = new HashSet<>();
  private final Recent<String> settled = new Recent<>();

  /** Waits until no other thread has the job, then has it. */
  synchronized void claim(UUID jobId) throws InterruptedException {
    while (!claimed.add(jobId)) {
      wait();
    }
  }

  synchronized void release(UUID jobId) {
    claimed.remove(jobId);
    notifyAll();
  }

  /** Notes that everything that follows from a try is published. */
  void settled(String tryName) {
    settled.add(tryName);
  }

  boolean isSettled(String tryName) {
    return settled.contains(tryName);
  }
}
