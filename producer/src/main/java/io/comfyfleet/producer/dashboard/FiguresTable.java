package io.comfyfleet.producer.dashboard;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Counts over all jobs, each answered from an index. */
@Repository
class FiguresTable {
  private static final UUID NOBODY = new UUID(0, 0);

  private final JdbcClient jdbc;

  FiguresTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Jobs of a lane, and since when the oldest is there. */
  record Backlog(long jobs, @Nullable Instant oldest) {}

  /** Open jobs by lane, without those. */
  Map<String, Backlog> openBut(Collection<UUID> these) {
    Map<String, Backlog> lanes = new HashMap<>();
    jdbc.sql(
            """
            select lane, count(*) as jobs, min(created_at) as oldest from job
            where status = 'open' and job_id not in (:ids) group by lane
            """)
        .param("ids", these.isEmpty() ? List.of(NOBODY) : these)
        .query(row -> {
          lanes.put(
              row.getString("lane"),
              new Backlog(row.getLong("jobs"), Columns.instant(row, "oldest")));
        });
    return lanes;
  }

  /** How many of those are open, by lane. */
  Map<String, Long> open(Collection<UUID> these) {
    Map<String, Long> lanes = new HashMap<>();
    if (!these.isEmpty()) {
      jdbc.sql(
              "select lane, count(*) as jobs from job"
                  + " where job_id in (:ids) and status = 'open' group by lane")
          .param("ids", these)
          .query(row -> {
            lanes.put(row.getString("lane"), row.getLong("jobs"));
          });
    }
    return lanes;
  }

  /** Jobs that wait for other jobs. */
  long blocked() {
    return jdbc.sql("select count(*) from job where status = 'waiting'").query(Long.class).single();
  }

  /** Jobs that succeeded and failed since then. */
  FleetStats.Outcomes since(Instant then) {
    Map<String, Long> jobs = new HashMap<>();
    jdbc.sql(
            """
            select status, count(*) as jobs from job
            where ended_at >= :since and status in ('succeeded', 'failed') group by status
            """)
        .param("since", Columns.at(then))
        .query(row -> {
          jobs.put(row.getString("status"), row.getLong("jobs"));
        });
    return FleetStats.Outcomes.of(
        jobs.getOrDefault("succeeded", 0L), jobs.getOrDefault("failed", 0L));
  }

  /** The same by minute, counted from 1970. */
  Map<Long, FleetStats.Outcomes> byMinute(Instant since) {
    Map<Long, FleetStats.Outcomes> minutes = new HashMap<>();
    jdbc.sql(
            """
            select minute_no, sum(succeeded) as succeeded, sum(failed) as failed from (
              select cast(floor(extract(epoch from ended_at) / 60) as bigint) as minute_no,
                case when status = 'succeeded' then 1 else 0 end as succeeded,
                case when status = 'failed' then 1 else 0 end as failed
              from job where ended_at >= :since) ended
            group by minute_no
            """)
        .param("since", Columns.at(since))
        .query(row -> {
          minutes.put(
              row.getLong("minute_no"),
              FleetStats.Outcomes.of(row.getLong("succeeded"), row.getLong("failed")));
        });
    return minutes;
  }
}
