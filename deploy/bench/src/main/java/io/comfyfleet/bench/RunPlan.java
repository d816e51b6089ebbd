package io.comfyfleet.bench;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One run to be submitted.
 *
 * @param runId its id
 * @param at when, from the beginning of the load
 * @param intake whether its jobs go one by one to the queue {@code fleet.intake} instead of over
 *     HTTP
 * @param jobs in the order of their index
 * @param repeatAfter when the same request is sent again, after it was accepted; null for never
 * @param cancelAfter when it is cancelled, after it was accepted; null for never
 */
record RunPlan(
    String runId,
    Duration at,
    boolean intake,
    List<JobPlan> jobs,
    @Nullable Duration repeatAfter,
    @Nullable Duration cancelAfter) {

  RunPlan {
    jobs = List.copyOf(jobs);
  }

  /** Id of the job that must succeed before this one; null for none. */
  @Nullable UUID needs(JobPlan job) {
    return job.after() == null ? null : jobs.get(job.after()).jobId();
  }

  /** For people. */
  String line() {
    long late = jobs.stream().filter(JobPlan::pastDeadline).count();
    return "%7.1f s  %s %s %d jobs%s%s%s"
        .formatted(
            at.toMillis() / 1000.0,
            runId,
            intake ? "intake" : "http",
            jobs.size(),
            repeatAfter == null ? "" : ", sent twice",
            cancelAfter == null ? "" : ", cancelled",
            late == 0 ? "" : ", " + late + " past their deadline");
  }
}
