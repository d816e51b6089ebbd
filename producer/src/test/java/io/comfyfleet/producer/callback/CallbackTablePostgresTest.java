package io.comfyfleet.producer.callback;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.producer.callback.Callback.Status;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class CallbackTablePostgresTest {
  private static final URI ADDRESS = URI.create("http://127.0.0.1/x?a=1");

  @Test
  void lifeOfACallbackIsTheSameOnPostgresql() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      DataSource database = postgres.getPostgresDatabase();
      Flyway.configure().dataSource(database).load().migrate();
      CallbackTable table = new CallbackTable(JdbcClient.create(database));
      TransactionTemplate transaction =
          new TransactionTemplate(new JdbcTransactionManager(database));

      table.add(ADDRESS, "k1", "{\"text\":\"狐\"}".getBytes(StandardCharsets.UTF_8));
      table.add(ADDRESS, "k1", "{}".getBytes(StandardCharsets.UTF_8));
      List<Callback> claimed =
          transaction.execute(status -> {
            List<Callback> mine = table.claim(5, Duration.ofMinutes(1));
            assertThat(claimByAnother(database)).isEmpty();
            return mine;
          });

      assertThat(claimed).hasSize(1);
      Callback callback = claimed.getFirst();
      assertThat(callback.url()).isEqualTo(ADDRESS);
      assertThat(table.body(callback.id())).asString().isEqualTo("{\"text\":\"狐\"}");
      assertThat(table.claim(5, Duration.ofMinutes(1))).isEmpty();
      table.save(
          new Callback(
              callback.id(),
              ADDRESS,
              "k1",
              Status.FAILED,
              4,
              4,
              Instant.now(),
              404,
              "x".repeat(2_000),
              callback.createdAt()));
      assertThat(table.list(Status.FAILED, 5))
          .extracting(Callback::lastStatus)
          .containsExactly(404);
      assertThat(table.forgetEndedBefore(Instant.now().plusSeconds(1))).isEqualTo(1);
    }
  }

  /** A data source of its own is outside the running transaction. */
  private static List<Callback> claimByAnother(DataSource database) {
    return new CallbackTable(JdbcClient.create(new DelegatingDataSource(database)))
        .claim(5, Duration.ofMinutes(1));
  }
}
