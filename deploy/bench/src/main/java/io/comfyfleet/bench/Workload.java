package io.comfyfleet.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is submitted when, spread evenly over the length. The same seed, number of jobs, kinds and
 * length give the same workload.
 *
 * @param runs in the order of their times
 */
record Workload(List<RunPlan> runs) {

  private static final int MOST_JOBS = 12;
  private static final double PAST_DEADLINE_SECONDS = 2.5;

  Workload {
    runs = List.copyOf(runs);
  }

  static Workload of(long seed, int jobs, Duration length, Set<FaultKind> kinds) {
    var random = new SplittableRandom(seed);
    List<RunPlan> runs = new ArrayList<>();
    for (int planned = 0; planned < jobs; ) {
      int number = runs.size() + 1;
      Duration at = length.multipliedBy(planned).dividedBy(jobs);
      RunPlan run = draw(random.split(), number, seed, at, jobs - planned, kinds);
      runs.add(run);
      planned += run.jobs().size();
    }
    return new Workload(runs);
  }

  int jobs() {
    return runs.stream().mapToInt(run -> run.jobs().size()).sum();
  }

  /** The first three runs show one of each fault of requests, so that a short workload does too. */
  private static RunPlan draw(
      SplittableRandom random, int number, long seed, Duration at, int left, Set<FaultKind> kinds) {
    boolean intake = random.nextInt(4) == 0;
    int wanted = intake ? Math.max(1, random.nextInt(-4, 4)) : random.nextInt(1, MOST_JOBS + 1);
    boolean late = random.nextInt(33) == 0 || number == 2;
    List<JobPlan> jobs = new ArrayList<>();
    for (int index = 0; index < Math.min(wanted, left); index++) {
      boolean pastDeadline = late && index == 0 && kinds.contains(FaultKind.DEADLINE);
      jobs.add(job(random, pastDeadline, late ? 0 : index, intake ? 8 : 40));
    }
    return new RunPlan(
        "chaos-%d-%04d".formatted(seed, number),
        at,
        intake,
        jobs,
        chosen(random, number == 1, 10, 1500, kinds.contains(FaultKind.DUPLICATE_DELIVERY)),
        chosen(random, number == 3, 25, 2000, kinds.contains(FaultKind.CANCELLED_RUN)));
  }

  /**
   * @param earlier so many jobs stand before it that it may wait for
   * @param oneIn the odds that it waits for one of them, to one
   */
  private static JobPlan job(
      SplittableRandom random, boolean pastDeadline, int earlier, int oneIn) {
    var jobId =
        new UUID(
            random.nextLong() & ~0xF000L | 0x4000L,
            random.nextLong() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L);
    String type = random.nextInt(4) == 0 ? "video" : "image";
    boolean template = random.nextInt(20) == 0 && !pastDeadline;
    double seconds = random.nextInt(5, 41) / 100.0;
    int colour = random.nextInt(1 << 24);
    int before = random.nextInt(oneIn);
    return new JobPlan(
        jobId,
        template ? "image" : type,
        template,
        pastDeadline ? PAST_DEADLINE_SECONDS : seconds,
        colour,
        pastDeadline,
        before < earlier ? Integer.valueOf(before) : null);
  }

  private static @Nullable Duration chosen(
      SplittableRandom random, boolean always, int oneIn, int mostMs, boolean wanted) {
    boolean drawn = random.nextInt(oneIn) == 0;
    Duration after = Duration.ofMillis(random.nextInt(50, mostMs));
    return wanted && (drawn || always) ? after : null;
  }
}
