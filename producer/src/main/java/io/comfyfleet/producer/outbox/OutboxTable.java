package io.comfyfleet.producer.outbox;

import io.comfyfleet.producer.database.Columns;
import io.comfyfleet.telemetry.Traces;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
   * @param unsure whether somebody may have published it before
   * @param traceparent of the trace in which it was written; null for none
   */
  record Row(long id, OutboxMessage message, boolean unsure, @Nullable String traceparent) {}

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

  /** Gives back messages that were claimed and then not published. */
  void release(List<Row> rows, Instant due) {
    for (boolean unsure : new boolean[] {true, false}) {
      List<Long> ids = rows.stream().filter(row -> row.unsure() == unsure).map(Row::id).toList();
      if (!ids.isEmpty()) {
        jdbc.sql("update outbox set due_at = :due, unsure = :unsure where id in (:ids)")
            .param("due", Columns.at(due))
            .param("unsure", unsure)
            .param("ids", ids)
            .update();
      }
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
        row.getBoolean("unsure"),
        row.getString("traceparent"));
  }
}
