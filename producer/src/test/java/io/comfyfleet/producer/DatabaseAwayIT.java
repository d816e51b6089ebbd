package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.process.TcpProxy;
import io.comfyfleet.topology.Topology;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Without its database the producer says so, keeps nothing, loses nothing, and goes on after. */
class DatabaseAwayIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  @Test
  void callersAreToldAndMessagesWaitOnTheBrokerUntilItIsBack() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        TcpProxy line = new TcpProxy(new InetSocketAddress("127.0.0.1", postgres.getPort()));
        Producer producer =
            Producer.start(
                BROKER.uri(),
                folder,
                "--fleet.database.url=jdbc:postgresql://127.0.0.1:" + line.port() + "/postgres",
                "--fleet.database.username=postgres",
                "--fleet.database.connection-timeout=1s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      producer.post("/api/comfyui/dispatch", Producer.image("before"));
      Job before = worker.take(Topology.laneQueue("image")).job();

      line.cut();
      refused(producer.post("/api/comfyui/dispatch", Producer.image("never")));
      refused(producer.post("/api/runs", Map.of("jobs", List.of(Producer.image("never")))));
      refused(producer.get("/api/jobs/" + before.jobId()));
      refused(producer.post("/api/jobs/" + before.jobId() + "/cancel", ""));
      worker.succeed(before);
      worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"meanwhile\"}");
      // Long enough for both consumers to have tried and given back.
      refused(producer.post("/api/comfyui/dispatch", Producer.image("never")));
      assertThat(worker.depth(Topology.DEAD)).isZero();
      line.mend();

      assertThat(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().status())
          .isEqualTo(RunStatus.COMPLETED);
      assertThat(
              producer
                  .get("/api/jobs/" + before.jobId() + "?wait=20")
                  .body()
                  .get("status")
                  .asString())
          .isEqualTo("succeeded");
      Job meanwhile = worker.take(Topology.laneQueue("image")).job();
      assertThat(meanwhile.prompt()).isEqualTo("meanwhile");
      worker.succeed(meanwhile);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
  }

  private static void refused(Producer.Answer answer) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(503);
    assertThat(answer.body().get("type").asString()).endsWith("database-unavailable");
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
  }
}
