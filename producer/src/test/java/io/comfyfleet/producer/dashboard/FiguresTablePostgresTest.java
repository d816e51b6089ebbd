package io.comfyfleet.producer.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.wire.MessageCodec;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class FiguresTablePostgresTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:30Z");

  private int index;

  @Test
  void figuresAreCountedAlikeOnPostgresql() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      DataSource database = postgres.getPostgresDatabase();
      Flyway.configure().dataSource(database).load().migrate();
      JdbcClient jdbc = JdbcClient.create(database);
      FiguresTable table = new FiguresTable(jdbc);
      jdbc.sql(
              "insert into run (run_id, status, metadata, created_at, last_job_at)"
                  + " values ('r', 'open', '{}', :at, :at)")
          .param("at", AT.atOffset(ZoneOffset.UTC))
          .update();
      UUID running = job(jdbc, "open", null);
      job(jdbc, "open", null);
      job(jdbc, "waiting", null);
      job(jdbc, "succeeded", AT);
      job(jdbc, "succeeded", AT.plusSeconds(20));
      job(jdbc, "failed", AT.plusSeconds(40));

      assertThat(table.openBut(List.of(running)).get("image"))
          .isEqualTo(new FiguresTable.Backlog(1, AT));
      assertThat(table.open(List.of(running))).containsEntry("image", 1L);
      assertThat(table.blocked()).isEqualTo(1);
      assertThat(table.since(AT.plusSeconds(10))).isEqualTo(FleetStats.Outcomes.of(1, 1));
      long minute = AT.getEpochSecond() / 60;
      assertThat(table.byMinute(AT))
          .containsEntry(minute, FleetStats.Outcomes.of(2, 0))
          .containsEntry(minute + 1, FleetStats.Outcomes.of(0, 1));
      RunListTable runs = new RunListTable(jdbc, new MessageCodec());
      assertThat(runs.newest(0, 10))
          .containsExactly(new RunListTable.Summary("r", "open", 6, 2, 1, AT, null));
    }
  }

  private UUID job(JdbcClient jdbc, String status, Instant endedAt) {
    UUID id = UUID.randomUUID();
    jdbc.sql(
            """
            insert into job (job_id, run_id, idx, type, lane, priority, status, fingerprint,
              message, created_at, ended_at)
            values (:id, 'r', :idx, 'image', 'image', 5, :status, 'f', '{}', :created, :ended)
            """)
        .param("id", id)
        .param("idx", index++)
        .param("status", status)
        .param("created", AT.atOffset(ZoneOffset.UTC))
        .param("ended", endedAt == null ? null : endedAt.atOffset(ZoneOffset.UTC))
        .update();
    return id;
  }
}
