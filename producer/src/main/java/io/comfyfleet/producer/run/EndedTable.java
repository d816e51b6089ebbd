package io.comfyfleet.producer.run;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Which jobs have ended, looked up in numbers. */
@Repository
class EndedTable {
  private final JdbcClient jdbc;

  EndedTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** A job that has ended: by which node, null for none, and when. */
  record Ended(UUID jobId, @Nullable String nodeId, Instant at) {}

  /** Those of the jobs that have ended. */
  List<Ended> among(Collection<UUID> jobIds) {
    return jdbc.sql(
            """
            select job_id, node_id, ended_at from job
            where job_id in (:ids) and ended_at is not null
            """)
        .param("ids", jobIds)
        .query((row, n) ->
            new Ended(
                row.getObject("job_id", UUID.class),
                row.getString("node_id"),
                Columns.instant(row, "ended_at")))
        .list();
  }
}
