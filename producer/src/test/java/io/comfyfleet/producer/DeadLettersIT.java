package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.topology.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** Looking at dead letters and acting on them, two producers on one queue and one database. */
class DeadLettersIT {
  private static final String LETTERS = "/api/dead-letters";
  private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static Producer other;
  private static FakeWorker worker;

  @BeforeAll
  static void start() {
    String shared = "--fleet.database.url=" + Producer.h2(folder);
    producer = Producer.start(BROKER.uri(), folder, shared);
    other = Producer.start(BROKER.uri(), folder, shared);
    worker = new FakeWorker(BROKER.uri());
    worker.awaitTopology();
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    other.close();
    producer.close();
  }

  @BeforeEach
  void clear() {
    Stream.of(Topology.DEAD, Topology.laneQueue("image"), Topology.RUNS_COMPLETED_QUEUE)
        .forEach(worker::purge);
  }

  private static Job dead(ErrorCode code, String node, Instant at) {
    String id =
        producer.post("/api/comfyui/dispatch", Producer.image("x")).body().get("job_id").asString();
    FakeWorker.Taken taken = worker.take(Topology.laneQueue("image"));
    worker.giveUp(taken, code, code + " happened", node, at);
    ended(id, "failed");
    return taken.job();
  }

  private static void ended(String jobId, String status) {
    assertThat(producer.get("/api/jobs/" + jobId + "?wait=20").body().get("status").asString())
        .isEqualTo(status);
  }

  private static JsonNode list(String query) {
    Producer.Answer answer = producer.get(LETTERS + query);
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    return answer.body();
  }

  private static List<String> ids(JsonNode page) {
    return page.get("letters").valueStream().map(each -> each.get("id").asString()).toList();
  }

  private static void byHand(String body, AMQP.BasicProperties properties) {
    worker.send(Topology.DEAD, properties, body);
  }

  private static AMQP.BasicProperties named(String id) {
    return new AMQP.BasicProperties.Builder().messageId(id).build();
  }

  @Test
  void lookingAgainAndAgainChangesNothing() {
    for (int i = 0; i < 100; i++) {
      byHand("letter " + i, named("hand-" + i));
    }
    List<String> before = ids(list("?limit=1000"));

    for (int i = 0; i < 20; i++) {
      assertThat(ids(list("?limit=1000"))).isEqualTo(before);
      assertThat(worker.depth(Topology.DEAD)).isEqualTo(100);
    }

    assertThat(before).hasSize(100).doesNotHaveDuplicates();
    for (int i = 0; i < 100; i++) {
      assertThat(new String(worker.take(Topology.DEAD).body())).isEqualTo("letter " + i);
    }
  }

  @Test
  void looksAtTheSameTimeAllSeeEveryLetter() {
    for (int i = 0; i < 200; i++) {
      byHand("letter " + i, named("hand-" + i));
    }

    List<CompletableFuture<Integer>> looks =
        IntStream.range(0, 8)
            .mapToObj(i ->
                CompletableFuture.supplyAsync(
                    () -> (i % 2 == 0 ? producer : other).get(LETTERS).body().get("total").asInt()))
            .toList();

    assertThat(looks.stream().map(CompletableFuture::join)).containsOnly(200);
  }

  @Test
  void lettersAreFilteredGroupedAndPaged() {
    Job first = dead(ErrorCode.BAD_WORKFLOW, "gpu-1", LONG_AGO);
    dead(ErrorCode.OUT_OF_MEMORY, "gpu-2", Instant.now());
    dead(ErrorCode.OUT_OF_MEMORY, "gpu-1", Instant.now());
    byHand("not ours", null);

    assertThat(list("?reason=out_of_memory").get("matching").asInt()).isEqualTo(2);
    assertThat(list("?node=gpu-1").get("matching").asInt()).isEqualTo(2);
    assertThat(list("?lane=image").get("matching").asInt()).isEqualTo(3);
    assertThat(list("?run=" + first.runId()).get("matching").asInt()).isEqualTo(1);
    assertThat(list("?job=" + first.jobId()).get("matching").asInt()).isEqualTo(1);
    assertThat(list("?older_than=1h").get("matching").asInt()).isEqualTo(1);
    assertThat(list("?newer_than=PT1H").get("matching").asInt()).isEqualTo(2);
    JsonNode page = list("?limit=2&offset=1");
    assertThat(page.get("total").asInt()).isEqualTo(4);
    assertThat(page.at("/letters/0/job_id").asString()).isEqualTo(first.jobId().toString());
    assertThat(page.at("/letters").size()).isEqualTo(2);
    assertThat(producer.get(LETTERS + "?older_than=soon").status()).isEqualTo(400);

    JsonNode groups = producer.get(LETTERS + "/groups").body();
    assertThat(groups.get("total").asInt()).isEqualTo(4);
    assertThat(groups.at("/groups/0/reason").asString()).isEqualTo("out_of_memory");
    assertThat(groups.at("/groups/0/count").asInt()).isEqualTo(2);
    assertThat(groups.at("/groups/2/reason").asString()).isEqualTo("unknown");
  }

  @Test
  void letterTellsAllThereIsAboutIt() {
    Job job = dead(ErrorCode.EXECUTION_FAILED, "gpu-1", LONG_AGO);

    JsonNode letter = producer.get(LETTERS + "/" + ids(list("")).getFirst()).body();

    assertThat(letter.get("job_id").asString()).isEqualTo(job.jobId().toString());
    assertThat(letter.get("attempts").asInt()).isEqualTo(1);
    assertThat(letter.get("died_at").asString()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(letter.at("/payload/workflow").isObject()).isTrue();
    assertThat(letter.at("/error/node_errors/4/class_type").asString()).isEqualTo("KSampler");
    assertThat(letter.at("/headers/x-fleet-node").asString()).isEqualTo("gpu-1");
    String command = letter.get("reproduce").asString();
    assertThat(command).startsWith("curl -sS -X POST http://127.0.0.1:8080/api/comfyui/dispatch");
    String body = command.lines().skip(1).findFirst().orElseThrow();
    assertThat(producer.post("/api/comfyui/dispatch", body).status()).isEqualTo(202);
    assertThat(producer.get(LETTERS + "/0000").status()).isEqualTo(404);
  }

  @Test
  void replayedJobThatSucceedsCompletesItsRunAndTellsItOnceMore() {
    Job job = dead(ErrorCode.EXECUTION_FAILED, "gpu-1", Instant.now());
    RunCompleted failed = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();

    Producer.Answer answer =
        producer.post(LETTERS + "/" + ids(list("")).getFirst() + "/replay", "");

    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    Job again = worker.take(Topology.laneQueue("image")).job();
    assertThat(again.jobId()).isEqualTo(job.jobId());
    assertThat(again.attempt()).isEqualTo(1);
    assertThat(again.attempts()).isEmpty();
    assertThat(again.tryName()).isNotEqualTo(job.tryName());
    assertThat(worker.depth(Topology.DEAD)).isZero();
    // The first try's result once more, as after a lost acknowledgement, ends nothing.
    worker.fail(job);
    worker.awaitEmpty(Topology.RESULTS);
    worker.succeed(again);
    ended(job.jobId().toString(), "succeeded");
    RunCompleted completed = worker.take(Topology.RUNS_COMPLETED_QUEUE).run();
    assertThat(failed.status()).isEqualTo(RunStatus.FAILED);
    assertThat(completed.status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(completed.revision()).isEqualTo(2);
    assertThat(completed.idempotencyKey()).isNotEqualTo(failed.idempotencyKey());
  }

  @Test
  void twoWhoReplayEverythingAtOnceSendEachJobOnce() {
    List<UUID> jobs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      jobs.add(dead(ErrorCode.OUT_OF_MEMORY, "gpu-1", Instant.now()).jobId());
    }

    List<CompletableFuture<Integer>> replays =
        Stream.of(producer, other, producer, other)
            .map(each ->
                CompletableFuture.supplyAsync(() ->
                    each.post(LETTERS + "/replay", Map.of("all", true))
                        .body()
                        .get("replayed")
                        .asInt()))
            .toList();

    assertThat(replays.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(10);
    assertThat(worker.takeJobs("image", 10).stream().map(Job::jobId))
        .containsExactlyInAnyOrderElementsOf(jobs);
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
    assertThat(worker.depth(Topology.DEAD)).isZero();
  }

  @Test
  void letterWhoseReplayCrashedBeforeItsAcknowledgementIsOnlyAcknowledged() {
    dead(ErrorCode.OUT_OF_MEMORY, "gpu-1", Instant.now());
    JdbcClient database = producer.bean(JdbcClient.class);
    database
        .sql("insert into replayed_letter (letter_id, replayed_at) values (:id, current_timestamp)")
        .param("id", ids(list("")).getFirst())
        .update();

    JsonNode answer = other.post(LETTERS + "/replay", Map.of("all", true)).body();

    assertThat(answer.get("replayed").asInt()).isZero();
    assertThat(worker.depth(Topology.DEAD)).isZero();
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
  }

  @Test
  void oldNotesOfReplaysGoAlsoWhenNoLetterIsLeft() {
    JdbcClient database = producer.bean(JdbcClient.class);
    database
        .sql("insert into replayed_letter (letter_id, replayed_at) values ('old', :at)")
        .param("at", LONG_AGO.atOffset(ZoneOffset.UTC))
        .update();

    list("");

    assertThat(
            database
                .sql("select count(*) from replayed_letter where letter_id = 'old'")
                .query(Integer.class)
                .single())
        .isZero();
  }

  @Test
  void manyAcknowledgementsAtOnceAllArrive() {
    for (int i = 0; i < 300; i++) {
      byHand("letter " + i, named("hand-" + i));
    }

    JsonNode answer = producer.post(LETTERS + "/discard", Map.of("all", true, "limit", 200)).body();

    assertThat(answer.get("discarded").asInt()).isEqualTo(200);
    assertThat(list("").get("total").asInt()).isEqualTo(100);
  }

  /** More than the desk lets wait unread, so that its reading thread has to wait for room. */
  @Test
  void lookThatEndsEarlyLeavesTheRestOfALargeQueueToTheNext() {
    String body = "x".repeat(30_000);
    byHand(body, named("hand-first"));
    String first = ids(list("")).getFirst();
    for (int i = 1; i < 2_500; i++) {
      byHand(body, named("hand-" + i));
    }

    for (int i = 0; i < 5; i++) {
      assertThat(soon(LETTERS + "/" + first).status()).isEqualTo(200);
    }
    assertThat(soon(LETTERS).body().get("total").asInt()).isEqualTo(2_500);
  }

  /** The answer to a call that must not hang. */
  private static Producer.Answer soon(String path) {
    return CompletableFuture.supplyAsync(() -> producer.get(path))
        .orTimeout(45, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void emptySelectionMeansNothingUnlessSaidSo() {
    byHand("x", null);

    Producer.Answer answer = producer.post(LETTERS + "/discard", "{}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().get("detail").asString()).contains("\"all\": true");
    assertThat(worker.depth(Topology.DEAD)).isEqualTo(1);
  }

  @Test
  void letterWhoseJobIsOnItsWayOrUnknownStaysWithTheReason() {
    FakeWorker.Taken known = deadTwice();
    Job strange =
        FakeWorker.CODEC.decodeJob(
            new String(known.body())
                .replace(known.job().jobId().toString(), UUID.randomUUID().toString())
                .getBytes());
    byHand(new String(FakeWorker.CODEC.encode(strange)), null);

    JsonNode answer = producer.post(LETTERS + "/replay", Map.of("all", true)).body();

    assertThat(answer.get("replayed").asInt()).isEqualTo(1);
    assertThat(answer.get("skipped").toString())
        .contains("sent again already")
        .contains("not known to this fleet's database");
    assertThat(worker.depth(Topology.DEAD)).isEqualTo(2);
  }

  /** A worker that died between letter and acknowledgement leaves a second letter. */
  private static FakeWorker.Taken deadTwice() {
    String id =
        producer.post("/api/comfyui/dispatch", Producer.image("x")).body().get("job_id").asString();
    FakeWorker.Taken taken = worker.take(Topology.laneQueue("image"));
    worker.giveUp(taken, ErrorCode.OUT_OF_MEMORY, "no memory", "gpu-1", LONG_AGO);
    worker.giveUp(taken, ErrorCode.OUT_OF_MEMORY, "no memory", "gpu-1", Instant.now());
    ended(id, "failed");
    worker.awaitEmpty(Topology.RESULTS);
    return taken;
  }

  @Test
  void badEditIsRefusedAndAGoodOneSent() {
    dead(ErrorCode.BAD_WORKFLOW, "gpu-1", Instant.now());
    String path = LETTERS + "/" + ids(list("")).getFirst() + "/replay";

    assertThat(
            producer.post(path, "{\"job\":{\"lane\":\"nowhere\"}}").body().get("field").asString())
        .isEqualTo("lane");
    assertThat(producer.post(path, "{\"job\":{\"timeout\":-1}}").status()).isEqualTo(400);
    assertThat(producer.post(path, "{\"job\":{\"index\":7}}").body().get("detail").asString())
        .contains("cannot be changed");
    assertThat(worker.depth(Topology.DEAD)).isEqualTo(1);

    assertThat(producer.post(path, "{\"job\":{\"priority\":9,\"prompt\":null}}").status())
        .isEqualTo(200);
    assertThat(worker.take(Topology.laneQueue("image")).job().priority()).isEqualTo(9);
  }

  @Test
  void unreadableLetterGoesBackToTheIntakeWithAnEditedJob() {
    worker.sendBare(Topology.INTAKE, "{\"type\":\"image\"}");
    Awaitility.await("letter")
        .atMost(Duration.ofSeconds(20))
        .until(() -> worker.depth(Topology.DEAD) == 1);
    String path = LETTERS + "/" + ids(list("")).getFirst() + "/replay";

    assertThat(producer.post(path, "").status()).isEqualTo(409);
    assertThat(producer.post(path, "{\"job\":{\"prompt\":\"fox\"}}").status()).isEqualTo(200);

    assertThat(worker.take(Topology.laneQueue("image")).job().prompt()).isEqualTo("fox");
    assertThat(worker.depth(Topology.DEAD)).isZero();
  }

  @Test
  void letterOfARequestUnderTheIdOfAnotherJobNeverReplaysThatJob() {
    Job other = failed();
    worker.send(
        Topology.INTAKE,
        named(other.jobId().toString()),
        "{\"type\":\"image\",\"prompt\":\"mine\"}");
    String first = theOnlyLetterBut("");

    assertThat(producer.post(LETTERS + "/" + first + "/replay", "").status()).isEqualTo(200);

    String second = theOnlyLetterBut(first);
    assertThat(worker.depth(Topology.laneQueue("image"))).isZero();
    Map<String, Object> edit = Map.of("job", Map.of("job_id", UUID.randomUUID()));
    assertThat(producer.post(LETTERS + "/" + second + "/replay", edit).status()).isEqualTo(200);
    assertThat(worker.take(Topology.laneQueue("image")).job().prompt()).isEqualTo("mine");
    assertThat(worker.depth(Topology.DEAD)).isZero();
  }

  /** A job that has failed and left no letter. */
  private static Job failed() {
    producer.post("/api/comfyui/dispatch", Producer.image("theirs"));
    Job job = worker.take(Topology.laneQueue("image")).job();
    worker.fail(job);
    ended(job.jobId().toString(), "failed");
    return job;
  }

  private static String theOnlyLetterBut(String former) {
    return Awaitility.await("a letter")
        .atMost(Duration.ofSeconds(20))
        .until(() -> ids(list("")), ids -> ids.size() == 1 && !ids.contains(former))
        .getFirst();
  }

  @Test
  void letterOfTheBrokerIsReplayedLikeAnyOther() {
    String id =
        producer.post("/api/comfyui/dispatch", Producer.image("x")).body().get("job_id").asString();
    worker.reject(Topology.laneQueue("image"), false);
    ended(id, "failed");

    JsonNode letter = list("").at("/letters/0");

    assertThat(letter.get("reason").asString()).isEqualTo("rejected");
    assertThat(letter.get("lane").asString()).isEqualTo("image");
    assertThat(letter.get("died_at").asString()).isNotEmpty();
    assertThat(
            producer
                .get(LETTERS + "/" + letter.get("id").asString())
                .body()
                .at("/x_death/0/queue")
                .asString())
        .isEqualTo("fleet.jobs.image");
    assertThat(
            producer
                .post(LETTERS + "/replay", Map.of("filter", Map.of("reason", "rejected")))
                .body()
                .get("replayed")
                .asInt())
        .isEqualTo(1);
    assertThat(worker.take(Topology.laneQueue("image")).job().jobId()).hasToString(id);
  }

  @Test
  void letterOfARemovedLaneStaysUntilItIsReplayedToAnotherLane() {
    producer.post("/api/lanes", Map.of("lane", "image.gone"));
    String id =
        producer
            .post(
                "/api/comfyui/dispatch",
                Map.of("type", "image", "prompt", "x", "lane", "image.gone"))
            .body()
            .get("job_id")
            .asString();
    FakeWorker.Taken taken = worker.take(Topology.laneQueue("image.gone"));
    worker.giveUp(taken, ErrorCode.EXECUTION_FAILED, "it broke", "gpu-1", LONG_AGO);
    ended(id, "failed");
    assertThat(producer.delete("/api/lanes/image.gone").status()).isEqualTo(204);
    String letter = ids(list("")).getFirst();

    Producer.Answer alone = producer.post(LETTERS + "/" + letter + "/replay", Map.of());
    assertThat(alone.status()).isEqualTo(409);
    assertThat(alone.body().get("detail").asString()).contains("lane must be one of");
    JsonNode all = producer.post(LETTERS + "/replay", Map.of("ids", List.of(letter))).body();
    assertThat(all.get("replayed").asInt()).isZero();
    assertThat(all.at("/skipped/0/why").asString()).contains("lane must be one of");
    assertThat(worker.depth(Topology.DEAD)).isEqualTo(1);

    Map<String, Object> edit = Map.of("job", Map.of("lane", "image"));
    assertThat(producer.post(LETTERS + "/" + letter + "/replay", edit).status()).isEqualTo(200);
    assertThat(worker.take(Topology.laneQueue("image")).job().jobId()).hasToString(id);
  }

  @Test
  void copiesAreDiscardedOneByOneAndExportedAllAsLines() {
    byHand("same", null);
    byHand("same", null);
    byHand("{\"a\":1}", null);

    List<String> lines = producer.text(LETTERS + "/export").lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.getLast()).contains("\"payload\":{\"a\":1}");
    String id = ids(list("")).getFirst();
    assertThat(producer.delete(LETTERS + "/" + id).status()).isEqualTo(204);
    assertThat(worker.depth(Topology.DEAD)).isEqualTo(2);
    assertThat(
            producer
                .post(LETTERS + "/discard", Map.of("ids", List.of(id, "0")))
                .body()
                .at("/skipped/0/id")
                .asString())
        .isEqualTo("0");
    assertThat(producer.delete(LETTERS + "/" + id).status()).isEqualTo(404);
    assertThat(worker.depth(Topology.DEAD)).isEqualTo(1);
  }
}
