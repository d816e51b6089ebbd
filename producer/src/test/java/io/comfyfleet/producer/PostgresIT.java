package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.topology.Topology;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two producers on one PostgreSQL behave as one. */
class PostgresIT {
  private static final int RUNS = 20;
  private static final int JOBS = 5;

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static EmbeddedPostgres postgres;
  private static Producer first;
  private static Producer second;
  private static FakeWorker worker;

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.builder().start();
    String url = "--fleet.database.url=" + postgres.getJdbcUrl("postgres", "postgres");
    String user = "--fleet.database.username=postgres";
    first = Producer.start(BROKER.uri(), folder, url, user);
    second = Producer.start(BROKER.uri(), folder, url, user);
    worker = new FakeWorker(BROKER.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    second.close();
    first.close();
    postgres.close();
  }

  @Test
  void everyJobIsPublishedOnceAndEveryRunEndsOnce() throws Exception {
    List<Future<Producer.Answer>> answers = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int run = 0; run < RUNS; run++) {
        for (int index = 0; index < JOBS; index++) {
          Producer producer = index % 2 == 0 ? first : second;
          Map<String, Object> request =
              Map.of(
                  "type",
                  "image",
                  "prompt",
                  "scene " + index,
                  "run_id",
                  "run-" + run,
                  "run_size",
                  JOBS,
                  "index",
                  index);
          answers.add(callers.submit(() -> producer.post("/api/comfyui/dispatch", request)));
          answers.add(callers.submit(() -> producer.post("/api/comfyui/dispatch", request)));
        }
      }
    }
    for (Future<Producer.Answer> answer : answers) {
      assertThat(answer.get().status()).as(answer.get().body().toString()).isEqualTo(202);
    }

    List<Job> jobs = worker.takeJobs("image", RUNS * JOBS);
    assertThat(jobs).extracting(Job::jobId).doesNotHaveDuplicates();
    jobs.forEach(worker::succeed);
    jobs.reversed().forEach(worker::succeed);
    Set<String> ended = new HashSet<>();
    for (int run = 0; run < RUNS; run++) {
      ended.add(worker.take(Topology.RUNS_COMPLETED_QUEUE).run().runId());
    }
    assertThat(ended).hasSize(RUNS);
    worker.awaitEmpty(Topology.RESULTS);
    assertThat(worker.depth(Topology.RUNS_COMPLETED_QUEUE)).isZero();
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
  }

  @Test
  void callerWaitingAtOneProducerGetsTheResultThatTheOtherKept() throws Exception {
    try (ExecutorService caller = Executors.newSingleThreadExecutor()) {
      Future<Producer.Answer> answer =
          caller.submit(() ->
              first.post(
                  "/api/comfyui/dispatch?wait=30", Map.of("type", "video", "prompt", "a clip")));
      worker.succeed(worker.take(Topology.laneQueue("video")).job());

      assertThat(answer.get().status()).isEqualTo(200);
    }
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
  }
}
