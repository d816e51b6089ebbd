package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a chaos run shall do, checked.
 *
 * @param jobs jobs to submit
 * @param nodes machines
 * @param slots jobs that a machine takes at once: 1 to so many, in turn
 * @param seed where faults and jobs are drawn from
 * @param length how long jobs come in and faults strike
 * @param faults kinds of faults
 * @param stall how long nothing may get on before the run is given up
 */
record ChaosOptions(
    int jobs,
    int nodes,
    int slots,
    long seed,
    Duration length,
    Set<FaultKind> faults,
    Duration stall) {

  private static final Duration STALL = Duration.ofMinutes(3);
  private static final int JOBS_A_MINUTE = 400;

  ChaosOptions {
    if (jobs < 1 || jobs > 100_000) {
      throw new FleetFailure("--jobs must be between 1 and 100000, but is " + jobs);
    }
    if (nodes < 1 || nodes > 64) {
      throw new FleetFailure("--nodes must be between 1 and 64, but is " + nodes);
    }
    if (slots < 1 || slots > 16) {
      throw new FleetFailure("--slots must be between 1 and 16, but is " + slots);
    }
    if (length.compareTo(Duration.ofSeconds(5)) < 0 || length.compareTo(Duration.ofDays(1)) > 0) {
      throw new FleetFailure("--minutes must be between 0.1 and 1440");
    }
    Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);
    kinds.addAll(faults);
    faults = kinds;
  }

  /**
   * @param minutes 0 for as long as so many jobs need
   * @param faults names; empty for all
   */
  static ChaosOptions of(
      int jobs, int nodes, int slots, long seed, double minutes, List<String> faults) {
    double length = minutes > 0 ? minutes : Math.max(1, (double) jobs / JOBS_A_MINUTE);
    return new ChaosOptions(
        jobs,
        nodes,
        slots,
        seed,
        Duration.ofSeconds(Math.round(length * 60)),
        faults.isEmpty() ? EnumSet.allOf(FaultKind.class) : FaultKind.of(faults),
        STALL);
  }

  /** How many jobs the machine of that number, from 1, takes at once. */
  int slotsOf(int node) {
    return (node - 1) % slots + 1;
  }

  ChaosOptions without(FaultKind kind) {
    Set<FaultKind> kinds = EnumSet.copyOf(faults);
    kinds.remove(kind);
    return new ChaosOptions(jobs, nodes, slots, seed, length, kinds, stall);
  }
}
