package io.comfyfleet.producer.artifact;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table {@code artifact}. */
@Component
class ArtifactTable {
  private static final String SELECT =
      "select id, job_id, filename, content_type, size_bytes, sha256, stored_at from artifact"
          + " where id = :id";

  private final JdbcClient jdbc;

  ArtifactTable(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<Artifact> find(UUID id) {
    return jdbc.sql(SELECT).param("id", id).query(ArtifactTable::row).optional();
  }

  /** As {@link #find}; the row stays the caller's until its transaction ends. */
  Optional<Artifact> lock(UUID id) {
    return jdbc.sql(SELECT + " for update").param("id", id).query(ArtifactTable::row).optional();
  }

  void insert(Artifact artifact) {
    jdbc.sql(
            """
            insert into artifact (id, job_id, filename, content_type, size_bytes, sha256, stored_at)
            values (:id, :job, :filename, :type, :size, :sha256, :at)
            """)
        .param("id", artifact.id())
        .param("job", artifact.jobId(), Types.OTHER)
        .param("filename", artifact.filename())
        .param("type", artifact.contentType())
        .param("size", artifact.sizeBytes())
        .param("sha256", artifact.sha256())
        .param("at", artifact.storedAt().atOffset(ZoneOffset.UTC))
        .update();
  }

  private static Artifact row(ResultSet row, int number) throws SQLException {
    return new Artifact(
        row.getObject("id", UUID.class),
        row.getObject("job_id", UUID.class),
        row.getString("filename"),
        row.getString("content_type"),
        row.getLong("size_bytes"),
        row.getString("sha256"),
        row.getObject("stored_at", OffsetDateTime.class).toInstant());
  }
}
