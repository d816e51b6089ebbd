package io.comfyfleet.producer.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.wire.MessageCodec;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class BegunTableTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void begunJobsDoNotExpireOnBothDatabases() throws Exception {
    JdbcDataSource h2 = new JdbcDataSource();
    h2.setUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    onlyTheUnbegunExpire(h2);
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      onlyTheUnbegunExpire(postgres.getPostgresDatabase());
    }
  }

  private static void onlyTheUnbegunExpire(DataSource database) {
    Flyway.configure().dataSource(database).load().migrate();
    JdbcClient jdbc = JdbcClient.create(database);
    BegunTable begun = new BegunTable(jdbc);
    JobTable jobs = new JobTable(jdbc, new MessageCodec());
    UUID first = job(jdbc, "first");
    UUID second = job(jdbc, "second");

    begun.note(first, NOW);

    assertThat(jobs.pastExpiry(NOW, 10)).isEqualTo(List.of(second));
    begun.note(second, NOW);
    begun.note(second, NOW.plusSeconds(1));
    assertThat(jobs.pastExpiry(NOW, 10)).isEmpty();
    begun.forget(first);
    assertThat(jobs.pastExpiry(NOW, 10)).isEqualTo(List.of(first));
  }

  private static UUID job(JdbcClient jdbc, String run) {
    UUID id = UUID.randomUUID();
    jdbc.sql(
            """
            insert into run (run_id, status, metadata, created_at, last_job_at)
            values (:run, 'open', '{}', current_timestamp, current_timestamp)
            """)
        .param("run", run)
        .update();
    jdbc.sql(
            """
            insert into job (job_id, run_id, idx, type, lane, priority, status, fingerprint, message,
              created_at, expires_at)
            values (:id, :run, 0, 'image', 'image', 5, 'open', 'f', '{}', current_timestamp,
              cast(:at as timestamp with time zone))
            """)
        .param("id", id)
        .param("run", run)
        .param("at", "2025-12-31 23:59:59+00")
        .update();
    return id;
  }
}
