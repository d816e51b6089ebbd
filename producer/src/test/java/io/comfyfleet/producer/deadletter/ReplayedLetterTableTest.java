package io.comfyfleet.producer.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class ReplayedLetterTableTest {
  /** Above the parameters that a statement of PostgreSQL may have. */
  private static final int MANY = 70_000;

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void anyNumberOfOldNotesGoesAndTheOthersStayOnBothDatabases() throws Exception {
    JdbcDataSource h2 = new JdbcDataSource();
    h2.setUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    onlyOldOnesGo(h2, "system_range(1, " + MANY + ") as many(n)");
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      onlyOldOnesGo(postgres.getPostgresDatabase(), "generate_series(1, " + MANY + ") as many(n)");
    }
  }

  private static void onlyOldOnesGo(DataSource database, String many) {
    Flyway.configure().dataSource(database).load().migrate();
    JdbcClient jdbc = JdbcClient.create(database);
    ReplayedLetterTable table = new ReplayedLetterTable(jdbc);
    jdbc.sql(
            """
            insert into replayed_letter (letter_id, replayed_at)
            select 'gone-' || n, cast('2025-12-31 22:00:00+00' as timestamp with time zone) from\s\
            """
                + many)
        .update();
    table.put("in-the-queue", NOW.minusSeconds(7_200));
    table.put("gone-young", NOW);
    Set<String> gone = new HashSet<>(table.all());
    gone.remove("in-the-queue");

    table.removeOlder(gone, NOW.minusSeconds(3_600));

    assertThat(table.all()).containsExactlyInAnyOrder("in-the-queue", "gone-young");
  }
}
