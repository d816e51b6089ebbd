package io.comfyfleet.producer.run;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/**
 * Which jobs a node has begun, of those that may expire. One row at a time, in a transaction of its
 * own: the caller holds no run's lock, and a second row could be locked in another order by one
 * that does.
 */
@Repository
public class BegunTable {
  private final JdbcClient jdbc;

  BegunTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Notes that a node has the job in hand. Nothing for a job that was begun, or cannot expire. */
  void note(UUID jobId, Instant now) {
    jdbc.sql(
            """
            update job set begun_at = :now
            where job_id = :id and expires_at is not null and begun_at is null and status = 'open'
            """)
        .param("now", Columns.at(now))
        .param("id", jobId)
        .update();
  }

  /** Nobody has begun the job after all: it was beyond the nodes that had it in hand. */
  public void forget(UUID jobId) {
    jdbc.sql("update job set begun_at = null where job_id = :id and begun_at is not null")
        .param("id", jobId)
        .update();
  }
}
