package io.comfyfleet.producer.telemetry;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Reads which jobs have waited longest. */
@Repository
class WaitingTable {
  private final JdbcClient jdbc;

  WaitingTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** A job without a result. */
  record Open(UUID jobId, Instant createdAt) {}

  /** The oldest jobs of a lane without a result, whether they wait, run or wait for a retry. */
  List<Open> oldest(String lane, int limit) {
    return jdbc.sql(
            """
            select job_id, created_at from job where status = 'open' and lane = :lane
            order by created_at fetch first :limit rows only
            """)
        .param("lane", lane)
        .param("limit", limit)
        .query((row, n) ->
            new Open(
                row.getObject("job_id", UUID.class),
                Objects.requireNonNull(Columns.instant(row, "created_at"))))
        .list();
  }
}
