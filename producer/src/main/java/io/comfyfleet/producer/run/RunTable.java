package io.comfyfleet.producer.run;

import io.comfyfleet.job.RunStatus;
import io.comfyfleet.producer.database.Columns;
import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The rows of runs. Whoever changes a run or one of its jobs first locks the run, in order of run
 * id where there are several: that is what makes a run end once.
 */
@Repository
public class RunTable {
  private final JdbcClient jdbc;
  private final JsonMapper mapper = MessageCodec.mapper();

  RunTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** The run, not locked. */
  public Optional<RunRow> find(String runId) {
    return jdbc.sql("select * from run where run_id = :id")
        .param("id", runId)
        .query((row, n) -> row(row))
        .optional();
  }

  /** The run, locked until the transaction ends. */
  public Optional<RunRow> lock(String runId) {
    return jdbc.sql("select * from run where run_id = :id for update")
        .param("id", runId)
        .query((row, n) -> row(row))
        .optional();
  }

  /**
   * Keeps a new run, locked until the transaction ends.
   *
   * @throws org.springframework.dao.DuplicateKeyException when another transaction was faster
   */
  public void insert(RunRow run) {
    jdbc.sql(
            """
            insert into run (run_id, status, size, need, fingerprint, callback_url, metadata,
              created_at, last_job_at, deadline_at)
            values (:id, 'open', :size, :need, :fingerprint, :callback, :metadata,
              :created, :created, :deadline)
            """)
        .param("id", run.runId())
        .param("size", run.size())
        .param("need", run.need())
        .param("fingerprint", run.fingerprint())
        .param("callback", run.callbackUrl() == null ? null : run.callbackUrl().toString())
        .param("metadata", mapper.writeValueAsString(run.metadata()))
        .param("created", Columns.at(run.createdAt()))
        .param("deadline", Columns.at(run.deadlineAt()))
        .update();
  }

  /** Notes that another job came, and the size when this one tells it. */
  public void joined(String runId, @Nullable Integer size, Instant now) {
    jdbc.sql("update run set last_job_at = :now, size = coalesce(size, :size) where run_id = :id")
        .param("now", Columns.at(now))
        .param("size", size)
        .param("id", runId)
        .update();
  }

  /** Closes the run unless it is closed; true when it was this call that closed it. */
  boolean close(String runId, RunStatus status, Instant now) {
    return jdbc.sql(
                "update run set status = :status, completed_at = :now"
                    + " where run_id = :id and status = 'open'")
            .param("status", status.name().toLowerCase(Locale.ROOT))
            .param("now", Columns.at(now))
            .param("id", runId)
            .update()
        == 1;
  }

  /** Which end of the run the next one is, from 1. */
  int revision(String runId) {
    return jdbc.sql("select revision from run where run_id = :id")
        .param("id", runId)
        .query(Integer.class)
        .single();
  }

  /** When the run last began: of one that no job can join, when it was accepted or reopened. */
  Instant lastJobAt(String runId) {
    return jdbc.sql("select last_job_at from run where run_id = :id")
        .param("id", runId)
        .query((row, n) -> Objects.requireNonNull(Columns.instant(row, "last_job_at")))
        .single();
  }

  /** Opens a closed run, for it to end once more. */
  void reopen(String runId, @Nullable Instant deadline, Instant now) {
    jdbc.sql(
            """
            update run set status = 'open', completed_at = null, revision = revision + 1,
              deadline_at = :deadline, last_job_at = :now
            where run_id = :id and status <> 'open'
            """)
        .param("deadline", Columns.at(deadline))
        .param("now", Columns.at(now))
        .param("id", runId)
        .update();
  }

  List<String> pastDeadline(Instant now, int limit) {
    return jdbc.sql(
            """
            select run_id from run where status = 'open' and deadline_at <= :now
            order by run_id fetch first :limit rows only
            """)
        .param("now", Columns.at(now))
        .param("limit", limit)
        .query(String.class)
        .list();
  }

  /** Open runs whose jobs have all ended and to which none came for a while. */
  List<String> quiet(Instant unsizedBefore, Instant sizedBefore, int limit) {
    return jdbc.sql(
            """
            select run_id from run where status = 'open'
              and ((size is null and last_job_at <= :unsized)
                or (size is not null and last_job_at <= :sized))
              and not exists (select 1 from job where job.run_id = run.run_id
                and job.status in ('waiting', 'open'))
            order by run_id fetch first :limit rows only
            """)
        .param("unsized", Columns.at(unsizedBefore))
        .param("sized", Columns.at(sizedBefore))
        .param("limit", limit)
        .query(String.class)
        .list();
  }

  RunRow row(ResultSet row) throws SQLException {
    String callback = row.getString("callback_url");
    Map<String, @Nullable Object> metadata =
        mapper.readValue(row.getString("metadata"), new TypeReference<>() {});
    return new RunRow(
        row.getString("run_id"),
        RunStatus.valueOf(row.getString("status").toUpperCase(Locale.ROOT)),
        row.getObject("size", Integer.class),
        row.getObject("need", Integer.class),
        row.getString("fingerprint"),
        callback == null ? null : URI.create(callback),
        metadata,
        Columns.instant(row, "created_at"),
        Columns.instant(row, "deadline_at"),
        Columns.instant(row, "completed_at"));
  }
}
