package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.process.TcpProxy;
import io.comfyfleet.topology.Topology;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** Without its database the producer says so, keeps nothing, loses nothing, and goes on after. */
class DatabaseAwayIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;

  @Test
  void callersAreToldAndMessagesWaitOnTheBrokerUntilItIsBack() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        TcpProxy line = new TcpProxy(new InetSocketAddress("127.0.0.1", postgres.getPort()));
        Producer producer = start(line.port(), "--fleet.database.connection-timeout=1s");
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

  @Test
  void workThatWasAcceptedIsNotCalledRefusedWhenTheDatabaseGoesAwayDuringTheWait()
      throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        TcpProxy line = new TcpProxy(new InetSocketAddress("127.0.0.1", postgres.getPort()));
        Producer producer = start(line.port(), "--fleet.database.connection-timeout=1s");
        FakeWorker worker = new FakeWorker(BROKER.uri());
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      worker.awaitTopology();
      Map<String, Object> image = Map.of("prompt", "held");
      Map<String, Object> run = Map.of("jobs", List.of(Producer.image("of a run")));
      var held = callers.submit(() -> producer.post("/api/image/generate?wait=4", image));
      var job =
          callers.submit(
              () -> producer.post("/api/comfyui/dispatch?wait=4", Producer.image("a job")));
      var whole = callers.submit(() -> producer.post("/api/runs?wait=4", run));
      var patient =
          callers.submit(
              () -> producer.post("/api/comfyui/dispatch?wait=60", Producer.image("patient")));
      Map<String, Job> jobs = new HashMap<>();
      while (jobs.size() < 4) {
        Job taken = worker.take(Topology.laneQueue("image")).job();
        jobs.put(taken.prompt(), taken);
      }

      line.cut();

      Producer.Answer late = held.get(20, TimeUnit.SECONDS);
      assertThat(late.status()).as(late.body().toString()).isEqualTo(504);
      assertThat(late.body().get("type").asString()).endsWith("still-running");
      assertThat(late.body().get("job_id").asString())
          .isEqualTo(jobs.get("held").jobId().toString());
      Producer.Answer accepted = job.get(20, TimeUnit.SECONDS);
      assertThat(accepted.status()).as(accepted.body().toString()).isEqualTo(202);
      String jobId = jobs.get("a job").jobId().toString();
      assertThat(accepted.body().get("job_id").asString()).isEqualTo(jobId);
      assertThat(accepted.headers().firstValue("Location")).hasValue("/api/jobs/" + jobId);
      Producer.Answer open = whole.get(20, TimeUnit.SECONDS);
      assertThat(open.status()).as(open.body().toString()).isEqualTo(202);
      assertThat(open.body().get("run_id").asString()).isEqualTo(jobs.get("of a run").runId());
      worker.succeed(jobs.get("patient"));
      line.mend();
      assertThat(patient.get(60, TimeUnit.SECONDS).status()).isEqualTo(200);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void jobThatSucceededMeanwhileIsNotExpiredBeforeItsResultIsRead() throws Exception {
    assertSucceededMeanwhile(
        "/api/comfyui/dispatch", Map.of("type", "image", "prompt", "x", "expires_in", 10));
  }

  @Test
  void runThatEndedMeanwhileInTimeIsNotPastItsDeadline() throws Exception {
    assertSucceededMeanwhile(
        "/api/runs", Map.of("deadline", 10, "jobs", List.of(Producer.image("x"))));
  }

  /** The request's one job has ten seconds, and succeeds in them while the database is away. */
  private void assertSucceededMeanwhile(String path, Map<String, Object> request) throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        TcpProxy line = new TcpProxy(new InetSocketAddress("127.0.0.1", postgres.getPort()));
        Producer producer =
            start(
                line.port(),
                "--fleet.database.connection-timeout=1s",
                "--fleet.run.expiry-grace=0s",
                "--fleet.run.sweep-interval=100ms",
                "--fleet.nodes.settle-after=0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      Instant end = Instant.now().plusSeconds(11);
      producer.post(path, request);
      Job job = worker.take(Topology.laneQueue("image")).job();

      line.cut();
      worker.tell(FakeWorker.prepare(job, "gpu-7", false));
      worker.tell(FakeWorker.beat("gpu-7", NodeState.ONLINE));
      worker.succeed(job);
      // Its consumer sleeps for some seconds between two tries by then.
      await("the end of its time")
          .atMost(Duration.ofSeconds(20))
          .until(() -> Instant.now().isAfter(end));
      line.mend();

      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(status(producer, job.jobId().toString())).isEqualTo("succeeded");
    }
  }

  @Test
  void databaseThatTakesNoWritesCountsAsAway() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        Producer producer = start(postgres.getPort());
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      setReadOnly(postgres, "on");

      await("the first that is refused")
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> refused(producer.post("/api/comfyui/dispatch", Producer.image("never"))));

      setReadOnly(postgres, "off");
      await("the first that is accepted again")
          .atMost(Duration.ofSeconds(20))
          .until(() ->
              producer.post("/api/comfyui/dispatch", Producer.image("again")).status() == 202);
      Job again = worker.take(Topology.laneQueue("image")).job();
      assertThat(again.prompt()).isEqualTo("again");
      worker.succeed(again);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  @Test
  void lineThatDiedWithoutAWordIsGivenUpAndNothingIsLost() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        TcpProxy line = new TcpProxy(new InetSocketAddress("127.0.0.1", postgres.getPort()));
        Producer producer =
            start(
                line.port(),
                "--fleet.database.connection-timeout=1s",
                "--fleet.database.lock-timeout=2s",
                "--fleet.database.socket-timeout=3s");
        FakeWorker worker = new FakeWorker(BROKER.uri());
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      worker.awaitTopology();
      String jobId = dispatched(producer, "mine");
      Job job = worker.take(Topology.laneQueue("image")).job();

      Future<Producer.Answer> caller;
      try (Connection _ = locking(postgres, job.runId())) {
        caller = callers.submit(() -> producer.post("/api/jobs/" + jobId + "/cancel", ""));
        awaitSessionsThatWait(postgres, 1);
        line.hold();
      }

      refused(caller.get(20, TimeUnit.SECONDS));
      worker.succeed(job);
      worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"meanwhile\"}");
      refused(producer.post("/api/comfyui/dispatch", Producer.image("never")));
      line.release();

      assertThat(status(producer, jobId)).isEqualTo("succeeded");
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      Job meanwhile = worker.take(Topology.laneQueue("image")).job();
      assertThat(meanwhile.prompt()).isEqualTo("meanwhile");
      worker.succeed(meanwhile);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
  }

  @Test
  void runThatAStrangerHasLockedHoldsUpNoOther() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        Producer producer = start(postgres.getPort(), "--fleet.database.lock-timeout=1s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      String lockedId = dispatched(producer, "locked");
      Job locked = worker.take(Topology.laneQueue("image")).job();
      String freeId = dispatched(producer, "free");
      Job free = worker.take(Topology.laneQueue("image")).job();

      try (Connection _ = locking(postgres, locked.runId())) {
        worker.succeed(locked);
        worker.succeed(free);

        assertThat(status(producer, freeId)).isEqualTo("succeeded");
        refused(producer.post("/api/jobs/" + lockedId + "/cancel", ""));
      }

      assertThat(status(producer, lockedId)).isEqualTo("succeeded");
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
  }

  @Test
  void jobOfALockedRunThatNoNodeCanDoLeavesOneLetter() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        Producer producer =
            start(
                postgres.getPort(),
                "--fleet.database.lock-timeout=1s",
                "--fleet.nodes.settle-after=0s");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      String jobId = dispatched(producer, "locked");
      FakeWorker.Taken taken = worker.take(Topology.laneQueue("image"));
      ElsewhereIT.heard(producer, worker, "a", NodeState.ONLINE);

      try (Connection _ = locking(postgres, taken.job().runId())) {
        worker.sendElsewhere(taken, ElsewhereIT.ruledOut(taken.job(), "a"));
        awaitSessionsThatWait(postgres, 1);
        awaitSessionsThatWait(postgres, 0);
        awaitSessionsThatWait(postgres, 1);
        assertThat(worker.depth(Topology.DEAD)).isZero();
      }

      assertThat(status(producer, jobId)).isEqualTo("failed");
      assertThat(worker.take(Topology.DEAD).job().jobId()).hasToString(jobId);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.awaitEmpty(Topology.ELSEWHERE);
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
  }

  @Test
  void jobOfALockedRunThatNoQueueTakesLeavesOneLetter() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        Producer producer =
            start(
                postgres.getPort(),
                "--fleet.database.lock-timeout=1s",
                "--fleet.broker.confirm-timeout=1s",
                "--fleet.lanes=image.flux",
                "--fleet.outbox.publish=false");
        FakeWorker worker = new FakeWorker(BROKER.uri())) {
      worker.awaitTopology();
      // Each new connection declares all queues; with the letter both are there.
      worker.sendBare(Topology.INTAKE, "no job");
      worker.take(Topology.DEAD);
      worker.deleteQueue(Topology.laneQueue("image.flux"));
      JsonNode accepted =
          producer
              .post(
                  "/api/comfyui/dispatch",
                  Map.of("type", "image", "prompt", "x", "lane", "image.flux"))
              .body();
      String jobId = accepted.get("job_id").asString();

      try (Connection _ = locking(postgres, accepted.get("run_id").asString())) {
        producer.bean(SmartLifecycle.class, "outboxLoop").start();
        awaitSessionsThatWait(postgres, 1);
        awaitSessionsThatWait(postgres, 0);
        assertThat(worker.depth(Topology.DEAD)).isZero();
      }

      assertThat(status(producer, jobId)).isEqualTo("failed");
      assertThat(worker.take(Topology.DEAD).job().jobId()).hasToString(jobId);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(Topology.DEAD)).isZero();
    }
  }

  @Test
  void sessionThatIdlesInATransactionIsEndedAndCountsAsDatabaseAway() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        Producer producer =
            start(postgres.getPort(), "--fleet.database.idle-transaction-timeout=1s")) {
      JdbcClient jdbc = producer.bean(JdbcClient.class);

      assertThatThrownBy(() ->
              producer
                  .bean(TransactionTemplate.class)
                  .executeWithoutResult(status -> {
                    jdbc.sql("select * from run for update").query().listOfRows();
                    await("the end of the session")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> sessions(postgres, "state like 'idle in transaction%'") == 0);
                    assertThatThrownBy(() -> jdbc.sql("select 1").query().singleValue())
                        .isInstanceOf(DataAccessResourceFailureException.class);
                  }))
          .isInstanceOf(TransactionException.class);
    }
  }

  private static String dispatched(Producer producer, String prompt) {
    return producer
        .post("/api/comfyui/dispatch", Producer.image(prompt))
        .body()
        .get("job_id")
        .asString();
  }

  private static String status(Producer producer, String jobId) {
    return producer.get("/api/jobs/" + jobId + "?wait=30").body().get("status").asString();
  }

  /** A session that has the run locked until it is closed. */
  private static Connection locking(EmbeddedPostgres postgres, String runId) throws SQLException {
    Connection stranger = postgres.getPostgresDatabase().getConnection();
    stranger.setAutoCommit(false);
    try (PreparedStatement lock =
        stranger.prepareStatement("select 1 from run where run_id = ? for update")) {
      lock.setString(1, runId);
      lock.executeQuery();
    }
    return stranger;
  }

  private static void awaitSessionsThatWait(EmbeddedPostgres postgres, int count) {
    await("sessions that wait for a lock")
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> sessions(postgres, "wait_event_type = 'Lock'") == count);
  }

  private static int sessions(EmbeddedPostgres postgres, String which) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement asking = connection.createStatement();
        ResultSet answer =
            asking.executeQuery("select count(*) from pg_stat_activity where " + which)) {
      answer.next();
      return answer.getInt(1);
    }
  }

  /** As a server is that has become a standby, for every session. */
  private static void setReadOnly(EmbeddedPostgres postgres, String value) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("set default_transaction_read_only = off");
      statement.execute("alter system set default_transaction_read_only = " + value);
      statement.execute("select pg_reload_conf()");
    }
  }

  /** A producer whose database is behind that port. */
  private Producer start(int port, String... settings) {
    String url = "--fleet.database.url=jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    String user = "--fleet.database.username=postgres";
    return Producer.start(
        BROKER.uri(),
        folder,
        Stream.concat(Stream.of(url, user), Stream.of(settings)).toArray(String[]::new));
  }

  private static void refused(Producer.Answer answer) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(503);
    assertThat(answer.body().get("type").asString()).endsWith("database-unavailable");
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
  }
}
