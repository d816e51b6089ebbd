package io.comfyfleet.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How long after a fault the struck part did useful work again. */
final class Recovery {

  private Recovery() {}

  /**
   * The longest of each kind, from the strike to the next success on the struck node, or anywhere
   * when it struck no node. A strike after which no job came any more does not count.
   */
  static Map<FaultKind, Duration> longest(List<Struck> strikes, Collection<JobEnd> ends) {
    Map<FaultKind, Duration> longest = new EnumMap<>(FaultKind.class);
    for (Struck strike : strikes) {
      next(strike, ends)
          .map(end -> Duration.between(strike.begun(), end))
          .ifPresent(
              took -> longest.merge(strike.kind(), took, (a, b) -> a.compareTo(b) > 0 ? a : b));
    }
    return longest;
  }

  private static Optional<Instant> next(Struck strike, Collection<JobEnd> ends) {
    return ends.stream()
        .filter(JobEnd::isSucceeded)
        .filter(end -> strike.nodeId().isEmpty() || strike.nodeId().equals(end.nodeId()))
        .map(JobEnd::endedAt)
        .filter(end -> end.isAfter(strike.begun()))
        .min(Instant::compareTo);
  }
}
