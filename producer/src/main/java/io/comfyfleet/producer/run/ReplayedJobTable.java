package io.comfyfleet.producer.run;

import io.comfyfleet.job.Job;
import io.comfyfleet.producer.database.Columns;
import io.comfyfleet.wire.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of jobs, as far as they begin anew. The caller has the run locked. */
@Repository
class ReplayedJobTable {
  private final JdbcClient jdbc;
  private final MessageCodec codec;

  ReplayedJobTable(JdbcClient jdbc, MessageCodec codec) {
    this.jdbc = jdbc;
    this.codec = codec;
  }

  /** How often the job has been sent again. */
  int replays(UUID jobId) {
    return jdbc.sql("select replays from job where job_id = :id")
        .param("id", jobId)
        .query(Integer.class)
        .single();
  }

  /** When the job was last sent: when it was accepted, or sent again. */
  Instant sentAt(UUID jobId) {
    return jdbc.sql(
            "select coalesce(replayed_at, created_at) as sent_at from job where job_id = :id")
        .param("id", jobId)
        .query((row, n) -> Objects.requireNonNull(Columns.instant(row, "sent_at")))
        .single();
  }

  /** Forgets the job's end; its message from now on is this one. */
  void reopen(Job job, String column, Instant now) {
    jdbc.sql(
            """
            update job set status = :status, message = :message, replays = :replays, type = :type,
              lane = :lane, priority = :priority, callback_url = :callback, expires_at = :expires,
              node_id = null, attempt = null, result = null, result_bytes = null, ended_at = null,
              begun_at = null, replayed_at = :now
            where job_id = :id
            """)
        .param("status", column)
        .param("message", new String(codec.encode(job), StandardCharsets.UTF_8))
        .param("replays", job.replay())
        .param("type", job.type().wireName())
        .param("lane", job.lane())
        .param("priority", job.priority())
        .param("callback", job.callbackUrl() == null ? null : job.callbackUrl().toString())
        .param("expires", Columns.at(job.expiresAt()))
        .param("now", Columns.at(now))
        .param("id", job.jobId())
        .update();
  }

  /** Jobs that failed and wait for this one by what their sender said. */
  List<UUID> failedDependents(UUID jobId) {
    return jdbc.sql(
            """
            select distinct job.job_id from dependency
            join job on job.job_id = dependency.job_id
            where needs_job_id = :id and job.status = 'failed'
            """)
        .param("id", jobId)
        .query(UUID.class)
        .list();
  }
}
