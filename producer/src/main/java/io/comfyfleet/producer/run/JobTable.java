package io.comfyfleet.producer.run;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.producer.database.Columns;
import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of jobs and their dependencies. */
@Repository
public class JobTable {
  /** Selects what {@link #summary} reads. */
  static final String SUMMARY =
      """
      select job_id, run_id, idx, job_key, type, lane, priority, status, fingerprint, node_id,
        created_at, ended_at,
        case when exists (select 1 from outbox where outbox.job_id = job.job_id)
          then 1 else 0 end as unpublished
      from job
      """;

  private final JdbcClient jdbc;
  private final MessageCodec codec;

  JobTable(JdbcClient jdbc, MessageCodec codec) {
    this.jdbc = jdbc;
    this.codec = codec;
  }

  /** What is needed to publish a job, or to tell its end. */
  record Stored(Job job, @Nullable String replyTo, @Nullable String correlationId) {}

  /**
   * Who wants to be told of a job's end.
   *
   * @param callback where the result is POSTed; null for nowhere
   * @param replyTo queue that gets the result; null for none
   * @param correlationId of that message; null for none
   * @param priority the job's
   */
  record Asker(
      @Nullable URI callback,
      @Nullable String replyTo,
      @Nullable String correlationId,
      int priority) {}

  /** A job that is to be kept or was kept, by id. */
  public Optional<JobRow> find(UUID jobId) {
    return jdbc.sql(SUMMARY + " where job_id = :id")
        .param("id", jobId)
        .query((row, n) -> summary(row))
        .optional();
  }

  /** All jobs of a run in order. */
  public List<JobRow> ofRun(String runId) {
    return jdbc.sql(SUMMARY + " where run_id = :id order by idx")
        .param("id", runId)
        .query((row, n) -> summary(row))
        .list();
  }

  /** The job of that name in the run. */
  public Optional<UUID> byKey(String runId, String key) {
    return jdbc.sql("select job_id from job where run_id = :run and job_key = :key")
        .param("run", runId)
        .param("key", key)
        .query(UUID.class)
        .optional();
  }

  /** The first position of the run behind all its jobs. */
  public int nextIndex(String runId) {
    return jdbc.sql("select coalesce(max(idx) + 1, 0) from job where run_id = :run")
        .param("run", runId)
        .query(Integer.class)
        .single();
  }

  void insert(NewJob added, String status) {
    Job job = added.job();
    jdbc.sql(
            """
            insert into job (job_id, run_id, idx, job_key, type, lane, priority, status,
              fingerprint, message, reply_to, correlation_id, callback_url, created_at, expires_at)
            values (:id, :run, :idx, :key, :type, :lane, :priority, :status,
              :fingerprint, :message, :replyTo, :correlationId, :callback, :created, :expires)
            """)
        .param("id", job.jobId())
        .param("run", job.runId())
        .param("idx", job.index())
        .param("key", added.key())
        .param("type", job.type().wireName())
        .param("lane", job.lane())
        .param("priority", job.priority())
        .param("status", status)
        .param("fingerprint", added.fingerprint())
        .param("message", text(codec.encode(job)))
        .param("replyTo", added.replyTo())
        .param("correlationId", added.correlationId())
        .param("callback", job.callbackUrl() == null ? null : job.callbackUrl().toString())
        .param("created", Columns.at(job.createdAt()))
        .param("expires", Columns.at(job.expiresAt()))
        .update();
    for (NewJob.Dependency dependency : added.dependencies()) {
      jdbc.sql(
              "insert into dependency (job_id, needs_job_id, input_name) values (:id, :needs, :name)")
          .param("id", job.jobId())
          .param("needs", dependency.needs())
          .param("name", dependency.inputName())
          .update();
    }
  }

  /** Run ids of those of the jobs that are known. */
  Map<UUID, String> runsOf(Collection<UUID> jobIds) {
    Map<UUID, String> runs = new HashMap<>();
    jdbc.sql("select job_id, run_id from job where job_id in (:ids)")
        .param("ids", jobIds)
        .query(row -> {
          runs.put(row.getObject("job_id", UUID.class), row.getString("run_id"));
        });
    return runs;
  }

  /**
   * Keeps the result unless the job has one, or was sent again since; true when this was the first.
   */
  boolean end(Result result, byte[] encoded, Instant now) {
    return jdbc.sql(
                """
                update job set status = :status, node_id = :node, attempt = :attempt,
                  result = :result, result_bytes = :bytes, ended_at = :now
                where job_id = :id and status in ('waiting', 'open') and replays = :replay
                """)
            .param("status", JobState.column(result.status()))
            .param("node", result.nodeId())
            .param("attempt", result.attempt())
            .param("result", text(encoded))
            .param("bytes", encoded.length)
            .param("now", Columns.at(now))
            .param("id", result.jobId())
            .param("replay", result.replay() == null ? 0 : result.replay())
            .update()
        == 1;
  }

  /** The message of a job and who asked for copies. */
  Stored stored(UUID jobId) {
    return jdbc.sql("select message, reply_to, correlation_id from job where job_id = :id")
        .param("id", jobId)
        .query((row, n) ->
            new Stored(
                codec.decodeJob(bytes(row.getString("message"))),
                row.getString("reply_to"),
                row.getString("correlation_id")))
        .single();
  }

  /** Who wants to be told of a job's end. */
  Asker asker(UUID jobId) {
    return jdbc.sql(
            """
            select callback_url, reply_to, correlation_id, priority from job where job_id = :id
            """)
        .param("id", jobId)
        .query((row, n) -> {
          String callback = row.getString("callback_url");
          return new Asker(
              callback == null ? null : URI.create(callback),
              row.getString("reply_to"),
              row.getString("correlation_id"),
              row.getInt("priority"));
        })
        .single();
  }

  /** Takes a job out of waiting, its inputs now known. */
  void release(Job job) {
    jdbc.sql("update job set status = 'open', message = :message where job_id = :id")
        .param("message", text(codec.encode(job)))
        .param("id", job.jobId())
        .update();
  }

  /** Jobs that still wait and wait for this one. */
  List<UUID> waitingFor(UUID jobId) {
    return jdbc.sql(
            """
            select distinct job.job_id from dependency
            join job on job.job_id = dependency.job_id
            where needs_job_id = :id and job.status = 'waiting'
            """)
        .param("id", jobId)
        .query(UUID.class)
        .list();
  }

  /** What a job waits for: the other's status, and the input that the other's file becomes. */
  record Need(UUID jobId, String status, @Nullable String inputName) {}

  List<Need> needs(UUID jobId) {
    return jdbc.sql(
            """
            select needs_job_id, input_name, job.status from dependency
            join job on job.job_id = dependency.needs_job_id
            where dependency.job_id = :id
            """)
        .param("id", jobId)
        .query((row, n) ->
            new Need(
                row.getObject("needs_job_id", UUID.class),
                row.getString("status"),
                row.getString("input_name")))
        .list();
  }

  /** The result of a job; empty while it has none. */
  public Optional<Result> result(UUID jobId) {
    return jdbc.sql("select result from job where job_id = :id and result is not null")
        .param("id", jobId)
        .query((row, n) -> codec.decodeResult(bytes(row.getString("result"))))
        .optional();
  }

  /** The results of a run in order. */
  List<Result> results(String runId) {
    return jdbc.sql(
            "select result from job where run_id = :run and result is not null order by idx")
        .param("run", runId)
        .query((row, n) -> codec.decodeResult(bytes(row.getString("result"))))
        .list();
  }

  /** Length of all results of a run together. */
  long resultBytes(String runId) {
    return jdbc.sql("select coalesce(sum(result_bytes), 0) from job where run_id = :run")
        .param("run", runId)
        .query(Long.class)
        .single();
  }

  /** How many jobs of a run stand where, by the column's value. */
  Map<String, Integer> counts(String runId) {
    Map<String, Integer> counts = new HashMap<>();
    jdbc.sql("select status, count(*) as jobs from job where run_id = :run group by status")
        .param("run", runId)
        .query(row -> {
          counts.put(row.getString("status"), row.getInt("jobs"));
        });
    return counts;
  }

  /** Jobs of a run without a result. */
  List<UUID> pending(String runId) {
    return jdbc.sql("select job_id from job where run_id = :run and status in ('waiting', 'open')")
        .param("run", runId)
        .query(UUID.class)
        .list();
  }

  List<UUID> waiting(String runId) {
    return jdbc.sql("select job_id from job where run_id = :run and status = 'waiting'")
        .param("run", runId)
        .query(UUID.class)
        .list();
  }

  /** Jobs without a result that no node had begun and whose time was over by then. */
  List<UUID> pastExpiry(Instant before, int limit) {
    return jdbc.sql(
            """
            select job_id from job where status in ('waiting', 'open') and expires_at <= :before
              and begun_at is null
            order by job_id fetch first :limit rows only
            """)
        .param("before", Columns.at(before))
        .param("limit", limit)
        .query(UUID.class)
        .list();
  }

  static JobRow summary(ResultSet row) throws SQLException {
    return new JobRow(
        row.getObject("job_id", UUID.class),
        row.getString("run_id"),
        row.getInt("idx"),
        row.getString("job_key"),
        row.getString("type"),
        row.getString("lane"),
        row.getInt("priority"),
        row.getString("status"),
        row.getInt("unpublished") == 1,
        row.getString("fingerprint"),
        row.getString("node_id"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "ended_at"));
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
