package io.comfyfleet.producer.outbox;

import io.comfyfleet.producer.database.Columns;
import io.comfyfleet.telemetry.Traces;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows. Every method joins the caller's transaction. */
@Repository
class OutboxTable {
  private final JdbcClient jdbc;

  OutboxTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A message with the id of its row.
   *
   * @param dueAt when it was accepted, or may be tried again
   * @param unsure whether somebody may have published it before
   * @param traceparent of the trace in which it was written; null for none
   */
  record Row(
      long id,
      OutboxMessage message,
      Instant dueAt,
      boolean unsure,
      @Nullable String traceparent) {}

  private record Candidate(long id, int bytes) {}

  void insert(OutboxMessage message, Instant now) {
    jdbc.sql(
            """
            insert into outbox (exchange, routing_key, message_id, type, priority, reply_to,
              correlation_id, idempotency_key, job_id, body, body_bytes, due_at,
              traceparent)
            values (:exchange, :routingKey, :messageId, :type, :priority, :replyTo,
              :correlationId, :idempotencyKey, :jobId, :body, :bytes, :due, :traceparent)
            """)
        .param("exchange", message.exchange())
        .param("routingKey", message.routingKey())
        .param("messageId", message.messageId())
        .param("type", message.type())
        .param("priority", message.priority())
        .param("replyTo", message.replyTo())
        .param("correlationId", message.correlationId())
        .param("idempotencyKey", message.idempotencyKey())
        .param("jobId", message.jobId())
        .param("body", new String(message.body(), StandardCharsets.UTF_8))
        .param("bytes", message.body().length)
        .param("due", Columns.at(now))
        .param("traceparent", Traces.current())
        .update();
  }

  /**
   * Takes the oldest messages that are due and that no other process is taking, to publish them
   * after the commit.
   *
   * @param until when they are due again, for somebody who may publish them a second time
   * @param count how many at most
   * @param bytes how many bytes of bodies at most, though always one message
   * @return the messages as they were before
   */
  List<Row> claim(Instant now, Instant until, int count, int bytes) {
    List<Candidate> candidates =
        jdbc.sql(
                """
                select id, body_bytes from outbox where due_at <= :now
                order by id fetch first :count rows only for update skip locked
                """)
            .param("now", Columns.at(now))
            .param("count", count)
            .query((row, n) -> new Candidate(row.getLong("id"), row.getInt("body_bytes")))
            .list();
    List<Long> ids = new ArrayList<>();
    long sum = 0;
    for (Candidate candidate : candidates) {
      sum += candidate.bytes();
      if (!ids.isEmpty() && sum > bytes) {
        break;
      }
      ids.add(candidate.id());
    }
    if (ids.isEmpty()) {
      return List.of();
    }
    List<Row> rows =
        jdbc.sql("select * from outbox where id in (:ids) order by id")
            .param("ids", ids)
            .query((row, n) -> row(row))
            .list();
    postpone(ids, until);
    return rows;
  }

  /** Locks the messages of a job, those aside that another transaction has locked. */
  List<Long> claimJob(UUID jobId) {
    return jdbc.sql("select id from outbox where job_id = :job for update skip locked")
        .param("job", jobId)
        .query(Long.class)
        .list();
  }

  void delete(List<Long> ids) {
    if (!ids.isEmpty()) {
      jdbc.sql("delete from outbox where id in (:ids)").param("ids", ids).update();
    }
  }

  /**
   * Locks those of the messages that are still claimed until then. The others were withdrawn, or
   * are being withdrawn by a transaction that nobody waits for, or somebody else has claimed them
   * since.
   */
  Set<Long> stillClaimed(List<Long> ids, Instant until) {
    return ids.isEmpty()
        ? Set.of()
        : new HashSet<>(
            jdbc.sql(
                    """
                    select id from outbox where id in (:ids) and due_at = :until
                    for update skip locked
                    """)
                .param("ids", ids)
                .param("until", Columns.at(until))
                .query(Long.class)
                .list());
  }

  /** Gives back messages that were claimed and then not published, as they were. */
  void release(List<Row> rows) {
    for (Row row : rows) {
      jdbc.sql("update outbox set due_at = :due, unsure = :unsure where id = :id")
          .param("due", Columns.at(row.dueAt()))
          .param("unsure", row.unsure())
          .param("id", row.id())
          .update();
    }
  }

  /** Lets messages wait that the broker may have without having said so. */
  void postpone(List<Long> ids, Instant due) {
    if (!ids.isEmpty()) {
      jdbc.sql("update outbox set due_at = :due, unsure = true where id in (:ids)")
          .param("due", Columns.at(due))
          .param("ids", ids)
          .update();
    }
  }

  Outbox.Backlog backlog() {
    return jdbc.sql("select count(*) as waiting, min(due_at) as oldest from outbox")
        .query(
            (row, n) -> new Outbox.Backlog(row.getLong("waiting"), Columns.instant(row, "oldest")))
        .single();
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getLong("id"),
        new OutboxMessage(
            row.getString("exchange"),
            row.getString("routing_key"),
            row.getString("message_id"),
            row.getString("type"),
            row.getInt("priority"),
            row.getString("reply_to"),
            row.getString("correlation_id"),
            row.getString("idempotency_key"),
            row.getObject("job_id", UUID.class),
            row.getString("body").getBytes(StandardCharsets.UTF_8)),
        Columns.instant(row, "due_at"),
        row.getBoolean("unsure"),
        row.getString("traceparent"));
  }
}
