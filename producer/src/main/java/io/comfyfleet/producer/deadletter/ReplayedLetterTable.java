package io.comfyfleet.producer.deadletter;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of letters that were replayed and may still lie in the queue. */
@Repository
class ReplayedLetterTable {
  private final JdbcClient jdbc;

  ReplayedLetterTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Notes a replay, in its transaction. A copy that was replayed before shares the note. */
  void put(String letterId, Instant now) {
    jdbc.sql("delete from replayed_letter where letter_id = :id").param("id", letterId).update();
    jdbc.sql("insert into replayed_letter (letter_id, replayed_at) values (:id, :now)")
        .param("id", letterId)
        .param("now", Columns.at(now))
        .update();
  }

  Set<String> all() {
    return new HashSet<>(
        jdbc.sql("select letter_id from replayed_letter").query(String.class).list());
  }

  void removeOlder(Collection<String> letterIds, Instant before) {
    jdbc.sql("delete from replayed_letter where letter_id in (:ids) and replayed_at < :before")
        .param("ids", letterIds)
        .param("before", Columns.at(before))
        .update();
  }
}
