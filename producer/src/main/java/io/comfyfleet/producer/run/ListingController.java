package io.comfyfleet.producer.run;

import io.comfyfleet.job.RunCounts;
import io.comfyfleet.job.RunStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Lists of runs and jobs over HTTP, newest first, a page at a time. */
@RestController
class ListingController {
  private final ListingTable table;
  private final RunReader reader;
  private final LiveJobs live;

  ListingController(ListingTable table, RunReader reader, LiveJobs live) {
    this.table = table;
    this.reader = reader;
    this.live = live;
  }

  @GetMapping("/api/runs")
  RunList runs(
      @RequestParam(required = false) @Nullable String status,
      @RequestParam(defaultValue = "50") int limit,
      @RequestParam(defaultValue = "0") int offset) {
    Page page = new Page(limit, offset);
    Page.Runs wanted = new Page.Runs(Page.named(RunStatus.class, "status", status));
    List<RunRow> rows = table.runs(wanted, page);
    Map<String, Map<String, Integer>> counts =
        table.counts(rows.stream().map(RunRow::runId).toList());
    return new RunList(
        table.count(wanted),
        offset,
        rows.stream()
            .map(run ->
                new RunSummary(
                    run.runId(),
                    run.status(),
                    RunClosing.counts(run, counts.getOrDefault(run.runId(), Map.of())),
                    run.need(),
                    run.createdAt(),
                    run.deadlineAt(),
                    run.completedAt(),
                    run.metadata()))
            .toList());
  }

  @GetMapping("/api/jobs")
  JobList jobs(
      @RequestParam(required = false) @Nullable String status,
      @RequestParam(required = false) @Nullable String run,
      @RequestParam(required = false) @Nullable String lane,
      @RequestParam(defaultValue = "50") int limit,
      @RequestParam(defaultValue = "0") int offset) {
    Page page = new Page(limit, offset);
    Page.Jobs wanted = new Page.Jobs(Page.named(JobState.class, "status", status), run, lane);
    Set<UUID> held = live.inHand();
    return new JobList(
        table.count(wanted, held),
        offset,
        table.jobs(wanted, held, page).stream().map(row -> reader.view(row, false)).toList());
  }

  /**
   * A page of runs.
   *
   * @param total runs that match, on all pages
   * @param offset runs left out at the front
   * @param runs newest first
   */
  record RunList(int total, int offset, List<RunSummary> runs) {}

  /**
   * A run without its jobs and results.
   *
   * @param runId its id
   * @param status where it stands
   * @param counts how many of its jobs stand where
   * @param need successes that complete it; null for all
   * @param createdAt when it was accepted
   * @param deadlineAt when it is given up; null for never
   * @param completedAt when it ended; null while it is open
   * @param metadata the sender's own
   */
  record RunSummary(
      String runId,
      RunStatus status,
      RunCounts counts,
      @Nullable Integer need,
      Instant createdAt,
      @Nullable Instant deadlineAt,
      @Nullable Instant completedAt,
      Map<String, @Nullable Object> metadata) {}

  /**
   * A page of jobs.
   *
   * @param total jobs that match, on all pages
   * @param offset jobs left out at the front
   * @param jobs newest first, without their results
   */
  record JobList(int total, int offset, List<JobView> jobs) {}
}
