package io.comfyfleet.producer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.RunStatus;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class ListingTableTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Page ALL = new Page(500, 0);

  @Test
  void pagesAreTheSameOnBothDatabases() throws Exception {
    JdbcDataSource h2 = new JdbcDataSource();
    h2.setUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    newestComeFirstAPageAtATime(h2);
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      newestComeFirstAPageAtATime(postgres.getPostgresDatabase());
    }
  }

  @Test
  void limitsAndNamesAreChecked() {
    assertThatThrownBy(() -> new Page(501, 0))
        .isInstanceOf(InvalidMessageException.class)
        .hasMessageContaining("between 1 and 500, was 501");
    assertThatThrownBy(() -> new Page(1, -1)).hasMessageContaining("at least 0");
    assertThatThrownBy(() -> Page.named(RunStatus.class, "status", "happy"))
        .hasMessageContaining("open, completed");
    assertThat(Page.named(JobState.class, "status", "queued")).isEqualTo(JobState.QUEUED);
  }

  private static void newestComeFirstAPageAtATime(DataSource database) {
    Flyway.configure().dataSource(database).load().migrate();
    JdbcClient jdbc = JdbcClient.create(database);
    RunTable runs = new RunTable(jdbc);
    ListingTable table = new ListingTable(jdbc, runs);
    for (int i = 0; i < 3; i++) {
      runs.insert(run("r" + i, START.plusSeconds(i)));
    }
    runs.close("r0", RunStatus.COMPLETED, START);
    UUID held = job(jdbc, "r1", 0, "image", "open");
    UUID queued = job(jdbc, "r1", 1, "image", "open");
    UUID failed = job(jdbc, "r2", 0, "video", "failed");
    UUID unpublished = job(jdbc, "r2", 1, "video", "open");
    outbox(jdbc, unpublished);

    assertThat(table.runs(new Page.Runs(null), ALL))
        .extracting(RunRow::runId)
        .containsExactly("r2", "r1", "r0");
    assertThat(table.runs(new Page.Runs(null), new Page(1, 1)))
        .extracting(RunRow::runId)
        .containsExactly("r1");
    assertThat(table.count(new Page.Runs(RunStatus.OPEN))).isEqualTo(2);
    assertThat(table.counts(List.of("r1", "r2")).get("r2"))
        .isEqualTo(Map.of("failed", 1, "open", 1));
    assertThat(table.counts(List.of())).isEmpty();

    assertThat(ids(table, new Page.Jobs(null, null, null), Set.of()))
        .containsExactly(unpublished, failed, queued, held);
    assertThat(ids(table, new Page.Jobs(JobState.RUNNING, null, null), Set.of(held)))
        .containsExactly(held);
    assertThat(ids(table, new Page.Jobs(JobState.QUEUED, null, null), Set.of(held)))
        .containsExactly(queued);
    assertThat(ids(table, new Page.Jobs(JobState.ACCEPTED, "r2", "video"), Set.of()))
        .containsExactly(unpublished);
    assertThat(ids(table, new Page.Jobs(JobState.FAILED, "r1", null), Set.of())).isEmpty();
    assertThat(table.count(new Page.Jobs(JobState.RUNNING, null, null), Set.of())).isZero();
  }

  private static List<UUID> ids(ListingTable table, Page.Jobs wanted, Set<UUID> held) {
    List<UUID> ids = table.jobs(wanted, held, ALL).stream().map(JobRow::jobId).toList();
    assertThat(table.count(wanted, held)).isEqualTo(ids.size());
    return ids;
  }

  private static RunRow run(String id, Instant at) {
    return new RunRow(id, RunStatus.OPEN, 2, null, null, null, Map.of(), at, null, null);
  }

  private static UUID job(JdbcClient jdbc, String runId, int index, String lane, String status) {
    UUID id = UUID.randomUUID();
    jdbc.sql(
            """
            insert into job (job_id, run_id, idx, type, lane, priority, status, fingerprint, message,
              created_at)
            select :id, run_id, :idx, :lane, :lane, 5, :status, 'f', '{}', created_at
            from run where run_id = :run
            """)
        .param("id", id)
        .param("run", runId)
        .param("idx", index)
        .param("lane", lane)
        .param("status", status)
        .update();
    return id;
  }

  private static void outbox(JdbcClient jdbc, UUID jobId) {
    jdbc.sql(
            """
            insert into outbox (exchange, routing_key, message_id, type, priority, job_id, body,
              body_bytes, due_at)
            select 'e', 'k', 'm', 'job', 5, job_id, '{}', 2, created_at from job where job_id = :id
            """)
        .param("id", jobId)
        .update();
  }
}
