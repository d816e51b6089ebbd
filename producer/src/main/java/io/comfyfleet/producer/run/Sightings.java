package io.comfyfleet.producer.run;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Which jobs were looked up for which node. Bounded; a sighting counts for a minute only, since
 * another producer may end the job. Thread-safe.
 */
class Sightings {
  private static final int MOST = 20_000;
  private static final Duration GOOD_FOR = Duration.ofMinutes(1);

  private final InstantSource clock;
  private final Map<UUID, Sighting> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Sighting> eldest) {
          return size() > MOST;
        }
      };

  Sightings(InstantSource clock) {
    this.clock = clock;
  }

  private record Sighting(String nodeId, Instant at) {}

  /** Notes the sighting; whether it is the first of this job at this node. */
  synchronized boolean first(UUID jobId, String nodeId) {
    Instant now = clock.instant();
    Sighting before = seen.get(jobId);
    if (before != null
        && before.nodeId().equals(nodeId)
        && before.at().isAfter(now.minus(GOOD_FOR))) {
      return false;
    }
    seen.remove(jobId);
    seen.put(jobId, new Sighting(nodeId, now));
    return true;
  }

  synchronized void forget(Collection<UUID> jobIds) {
    jobIds.forEach(seen::remove);
  }
}
