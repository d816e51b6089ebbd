package io.comfyfleet.worker.intake;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Keeps two deliveries of one job apart: a lost connection makes the broker deliver a job again
 * that this worker still runs, or has settled with an ack that never arrived. Thread-safe.
 */
final class JobsInHand {
  private static final int REMEMBERED = 1_000;

  private final Set<UUID> claimed = new HashSet<>();
  private final Set<String> settled =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > REMEMBERED;
            }
          });

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
  synchronized void settled(String tryName) {
    settled.add(tryName);
  }

  synchronized boolean isSettled(String tryName) {
    return settled.contains(tryName);
  }
}
