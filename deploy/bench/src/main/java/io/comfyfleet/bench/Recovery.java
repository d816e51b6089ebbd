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
   * The longest of each kind. A strike after which nothing came any more does not count.
   *
   * @param strikes those at a node last until a job has succeeded there; the others, until an
   *     answer came after they were undone
   * @param ends how the jobs ended
   * @param arrivals when answers came
   */
  static Map<FaultKind, Duration> longest(
      List<Struck> strikes, Collection<JobEnd> ends, List<Instant> arrivals) {
    Map<FaultKind, Duration> longest = new EnumMap<>(FaultKind.class);
    for (Struck strike : strikes) {
      (strike.nodeId().isEmpty() ? answer(strike, arrivals) : success(strike, ends))
          .map(end -> Duration.between(strike.begun(), end))
          .ifPresent(
              took -> longest.merge(strike.kind(), took, (a, b) -> a.compareTo(b) > 0 ? a : b));
    }
    return longest;
  }

  private static Optional<Instant> success(Struck strike, Collection<JobEnd> ends) {
    return ends.stream()
        .filter(JobEnd::isSucceeded)
        .filter(end -> strike.nodeId().equals(end.nodeId()))
        .map(JobEnd::endedAt)
        .filter(end -> end.isAfter(strike.begun()))
        .min(Instant::compareTo);
  }

  private static Optional<Instant> answer(Struck strike, List<Instant> arrivals) {
    return arrivals.stream().filter(came -> came.isAfter(strike.ended())).min(Instant::compareTo);
  }
}
