package io.comfyfleet.producer.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Instant;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class ArtifactTablePostgresTest {
  @Test
  void rowsAreWrittenAndReadAlikeOnPostgresql() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      DataSource database = postgres.getPostgresDatabase();
      Flyway.configure().dataSource(database).load().migrate();
      ArtifactTable table = new ArtifactTable(JdbcClient.create(database));
      Instant at = Instant.parse("2026-01-01T00:00:00Z");
      Artifact first = new Artifact(UUID.randomUUID(), null, "狐.png", "image/png", 5, "ab", at);
      Artifact second =
          new Artifact(UUID.randomUUID(), UUID.randomUUID(), "b.png", "image/png", 6, "cd", at);

      table.insert(first);
      assertThat(table.find(first.id())).contains(first);

      table.insert(second);
      assertThat(table.lock(second.id())).contains(second);
      assertThat(table.find(UUID.randomUUID())).isEmpty();
    }
  }
}
