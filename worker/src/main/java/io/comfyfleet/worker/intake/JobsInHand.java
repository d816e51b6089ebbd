package io.comfyfleet.worker.intake;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/**
 * Keeps two deliveries of one job apart: a lost connection makes the broker deliver a job again
 * that this worker still runs. Thread-safe.
 */
final class JobsInHand {
  private final Set<UUID> claimed = new HashSet<>();

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
}
