package io.comfyfleet.producer.callback;

import io.comfyfleet.producer.callback.Callback.Status;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** The table {@code callback}. */
@Component
class CallbackTable {
  private static final int REASON_LENGTH = 1_000;
  private static final String COLUMNS =
      "id, url, idempotency_key, status, attempts, refusals, due_at, last_status, reason, created_at";

  private final JdbcClient jdbc;

  CallbackTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  void add(URI url, String key, byte[] body) {
    UUID id = UUID.nameUUIDFromBytes((key + "\n" + url).getBytes(StandardCharsets.UTF_8));
    OffsetDateTime now = at(Instant.now());
    jdbc.sql(
            """
            insert into callback (id, url, idempotency_key, body, status, attempts, refusals,
                                  due_at, created_at)
            select cast(:id as uuid), cast(:url as varchar(2000)), cast(:key as varchar(200)),
                   cast(:body as text), 'pending', 0, 0,
                   cast(:now as timestamp with time zone), cast(:now as timestamp with time zone)
            where not exists (select 1 from callback where id = :id)
            """)
        .param("id", id)
        .param("url", url.toString())
        .param("key", key)
        .param("body", new String(body, StandardCharsets.UTF_8))
        .param("now", now)
        .update();
  }

  /**
   * Takes due callbacks and makes them due again after the lease, so that a crash in the middle of
   * a call only delays it. Rows that another producer is taking are left to it.
   */
  @Transactional
  public List<Callback> claim(int limit, Duration lease) {
    Instant now = Instant.now();
    List<Callback> due =
        jdbc.sql(
                "select "
                    + COLUMNS
                    + " from callback where status = 'pending' and due_at <= :now"
                    + " order by due_at fetch first "
                    + limit
                    + " rows only for update skip locked")
            .param("now", at(now))
            .query(CallbackTable::row)
            .list();
    for (Callback callback : due) {
      jdbc.sql("update callback set due_at = :due where id = :id")
          .param("due", at(now.plus(lease)))
          .param("id", callback.id())
          .update();
    }
    return due;
  }

  byte[] body(UUID id) {
    return jdbc.sql("select body from callback where id = :id")
        .param("id", id)
        .query(String.class)
        .single()
        .getBytes(StandardCharsets.UTF_8);
  }

  void save(Callback callback) {
    String reason = callback.reason();
    jdbc.sql(
            """
            update callback set status = :status, attempts = :attempts, refusals = :refusals,
                   due_at = :due, last_status = :last, reason = :reason where id = :id
            """)
        .param("status", callback.status().wireName())
        .param("attempts", callback.attempts())
        .param("refusals", callback.refusals())
        .param("due", at(callback.dueAt()))
        .param("last", callback.lastStatus(), java.sql.Types.INTEGER)
        .param(
            "reason",
            reason == null ? null : reason.substring(0, Math.min(REASON_LENGTH, reason.length())),
            java.sql.Types.VARCHAR)
        .param("id", callback.id())
        .update();
  }

  /** Newest first. */
  List<Callback> list(@Nullable Status status, int limit) {
    return jdbc.sql(
            "select "
                + COLUMNS
                + " from callback"
                + (status == null ? "" : " where status = '" + status.wireName() + "'")
                + " order by created_at desc, id fetch first "
                + limit
                + " rows only")
        .query(CallbackTable::row)
        .list();
  }

  int forgetEndedBefore(Instant instant) {
    return jdbc.sql("delete from callback where status <> 'pending' and due_at < :before")
        .param("before", at(instant))
        .update();
  }

  private static Callback row(ResultSet row, int number) throws SQLException {
    return new Callback(
        row.getObject("id", UUID.class),
        URI.create(row.getString("url")),
        row.getString("idempotency_key"),
        Status.valueOf(row.getString("status").toUpperCase(Locale.ROOT)),
        row.getInt("attempts"),
        row.getInt("refusals"),
        row.getObject("due_at", OffsetDateTime.class).toInstant(),
        row.getObject("last_status", Integer.class),
        row.getString("reason"),
        row.getObject("created_at", OffsetDateTime.class).toInstant());
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
