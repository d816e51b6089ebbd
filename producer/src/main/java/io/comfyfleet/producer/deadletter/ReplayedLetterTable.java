package io.comfyfleet.producer.deadletter;

import io.comfyfleet.producer.database.Columns;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of letters that were replayed and may still lie in the queue. */
@Repository
class ReplayedLetterTable {
  /** A statement of PostgreSQL may have 65,535 parameters. */
  private static final int AT_ONCE = 1_000;

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

  /** Removes those of the notes that are older, however many. */
  void removeOlder(Set<String> letterIds, Instant before) {
    List<String> old =
        jdbc
            .sql("select letter_id from replayed_letter where replayed_at < :before")
            .param("before", Columns.at(before))
            .query(String.class)
            .list()
            .stream()
            .filter(letterIds::contains)
            .toList();
    for (int from = 0; from < old.size(); from += AT_ONCE) {
      jdbc.sql("delete from replayed_letter where letter_id in (:ids) and replayed_at < :before")
          .param("ids", old.subList(from, Math.min(from + AT_ONCE, old.size())))
          .param("before", Columns.at(before))
          .update();
    }
  }
}
