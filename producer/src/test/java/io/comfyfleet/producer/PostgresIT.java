package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.balancer.Balancer;
import io.comfyfleet.balancer.BalancerFile;
import io.comfyfleet.balancer.BalancerProgram;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two producers on one PostgreSQL behave as one. */
class PostgresIT {
  private static final int RUNS = 20;
  private static final int JOBS = 5;

  /** Above what a JSON body may have. */
  private static final int LARGE = 20 << 20;

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
  void laneDeclaredAtOneProducerTakesJobsAtTheOtherUntilItIsRemovedEmpty() throws Exception {
    String queue = Topology.laneQueue("image.flux");
    Map<String, String> lane = Map.of("lane", "image.flux");
    Map<String, String> request = Map.of("type", "image", "prompt", "a fox", "lane", "image.flux");
    assertThat(second.post("/api/comfyui/dispatch", request).status()).isEqualTo(400);

    assertThat(first.post("/api/lanes", lane).status()).isEqualTo(201);
    assertThat(second.post("/api/lanes", lane).status()).isEqualTo(200);
    Producer.Answer accepted = second.post("/api/comfyui/dispatch", request);
    assertThat(accepted.status()).as(accepted.body().toString()).isEqualTo(202);

    Job job = worker.take(queue).job();
    refused(first.delete("/api/lanes/image.flux"), "lane-not-empty");
    worker.succeed(job);
    worker.take(Topology.RUNS_COMPLETED_QUEUE);
    worker.sendBare(queue, "{}");
    refused(first.delete("/api/lanes/image.flux"), "lane-not-empty");
    worker.purge(queue);
    worker.tell(FakeWorker.beat("gpu-flux", NodeState.ONLINE, "image.flux"));
    await("the node that serves it")
        .untilAsserted(() -> refused(second.delete("/api/lanes/image.flux"), "lane-served"));
    worker.tell(FakeWorker.beat("gpu-flux", NodeState.OFFLINE, "image.flux"));
    await("its end")
        .until(() -> second.delete("/api/lanes/image.flux").status(), status -> status == 204);
    assertThat(first.post("/api/comfyui/dispatch", request).status()).isEqualTo(400);
    assertThat(first.delete("/api/lanes/image.flux").status()).isEqualTo(404);
    assertThat(worker.exists(queue)).isFalse();
  }

  @Test
  void lanesOfTheTypesCannotBeRemovedAndNamesAreChecked() {
    refused(first.delete("/api/lanes/image"), "lane-configured");
    assertThat(first.post("/api/lanes", Map.of("lane", "Image Flux")).status()).isEqualTo(400);
    assertThat(first.post("/api/lanes", Map.of()).body().get("field").asString()).isEqualTo("lane");
    assertThat(first.post("/api/lanes", Map.of("lane", "image")).status()).isEqualTo(200);
  }

  private static void refused(Producer.Answer answer, String slug) {
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.body().get("type").asString()).isEqualTo("urn:comfyfleet:problem:" + slug);
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

  @ParameterizedTest
  @EnumSource
  void oneAddressInFrontOfBothDoesWhatEachDoes(BalancerProgram program) throws Exception {
    assumeThat(program.find())
        .as("%s is not installed, so it cannot be tried", program.command())
        .isPresent();
    BalancerFile file =
        BalancerFile.of(Path.of(".."), program, "two-producers")
            .with("producer1:8080", URI.create(first.base()))
            .with("producer2:8080", URI.create(second.base()));
    try (Balancer balancer = Balancer.start(file, folder.resolve(program.command()));
        HttpClient http = HttpClient.newHttpClient()) {
      String run = "behind-" + program.command();
      HttpRequest request =
          HttpRequest.newBuilder(balancer.url().resolve("/api/comfyui/dispatch"))
              .header("Content-Type", "application/json")
              .header("Idempotency-Key", run)
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"type\": \"image\", \"prompt\": \"a fox\", \"run_size\": 1, \"index\": 0, \"run_id\": \""
                          + run
                          + "\"}"))
              .build();
      // Each producer is asked at least once: it is one job all the same.
      for (int i = 0; i < 4; i++) {
        assertThat(http.send(request, BodyHandlers.discarding()).statusCode()).isEqualTo(202);
      }

      HttpResponse<InputStream> events =
          http.send(
              get(balancer.url().resolve("/api/runs/" + run + "/events")),
              BodyHandlers.ofInputStream());
      try (var lines = new BufferedReader(new InputStreamReader(events.body()))) {
        assertThat(lines.readLine()).as("told while the job waits").isEqualTo(": connected");
        worker.succeed(worker.takeJobs("image", 1).getFirst());
        assertThat(lines.lines())
            .anyMatch(line -> line.startsWith("event:") && line.contains("run"));
      }
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      assertThat(worker.depth(Topology.laneQueue("image"))).isZero();

      byte[] large = new byte[LARGE];
      URI artifact = balancer.url().resolve("/api/artifacts/" + UUID.randomUUID());
      HttpRequest upload =
          HttpRequest.newBuilder(URI.create(artifact + "?filename=large.mp4"))
              .header("Content-Type", "video/mp4")
              .PUT(HttpRequest.BodyPublishers.ofByteArray(large))
              .build();
      assertThat(http.send(upload, BodyHandlers.discarding()).statusCode()).isEqualTo(201);
      assertThat(http.send(get(artifact), BodyHandlers.ofByteArray()).body()).hasSize(LARGE);
    }
  }

  private static HttpRequest get(URI url) {
    return HttpRequest.newBuilder(url).build();
  }
}
