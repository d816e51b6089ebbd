package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Timings;
import io.comfyfleet.topology.Topology;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The calls of the wrapper that a workflow used before, the test in the worker's place. */
class WrapperIT {
  private static final String IMAGES = Topology.laneQueue("image");
  private static final String VIDEOS = Topology.laneQueue("video");

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;
  private static Producer producer;
  private static FakeWorker worker;

  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeAll
  static void start() {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    worker.close();
    producer.close();
  }

  @AfterEach
  void endCalls() {
    callers.shutdownNow();
  }

  @Test
  void imageIsTheAnswerToItsRequest() throws Exception {
    Future<Producer.Answer> answer = generate(Map.of("prompt", "a red fox"));

    Job job = worker.take(IMAGES).job();
    worker.succeed(job);

    assertThat(answer.get().status()).isEqualTo(200);
    var body = answer.get().body();
    assertThat(body.get("job_id").asString()).isEqualTo(job.jobId().toString());
    assertThat(body.get("status").asString()).isEqualTo("succeeded");
    assertThat(body.get("url").asString()).endsWith("/fox.png");
    assertThat(body.at("/urls/0")).isEqualTo(body.get("url"));
    assertThat(body.at("/outputs/0/filename").asString()).isEqualTo("fox.png");
    assertThat(body.get("node").asString()).isEqualTo("gpu-1");
    assertThat(body.at("/timings/run_ms").asInt()).isEqualTo(3);
  }

  @Test
  void parametersOfTheTemplateMayStandInTheBodyItself() throws Exception {
    Map<String, Object> flat =
        Map.of(
            "prompt", "a fox", "width", 768, "negative_prompt", "blur", "seed", "7", "priority", 9);
    Future<Producer.Answer> answer = generate(flat);

    Job job = worker.take(IMAGES).job();
    worker.succeed(job);

    assertThat(answer.get().status()).isEqualTo(200);
    assertThat(job.params().toString()).contains("width=768", "negative=blur", "seed=7");
    assertThat(job.priority()).isEqualTo(9);
  }

  @Test
  void pictureThatAVideoBeginsWithMayBeGivenByItsAddress() {
    String picture = producer.base() + "/api/artifacts/00000000-0000-0000-0000-000000000001";

    Producer.Answer answer =
        producer.post("/api/video/submit", Map.of("prompt", "it runs", "image_url", picture));

    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(202);
    Job job = worker.take(VIDEOS).job();
    assertThat(job.inputs())
        .singleElement()
        .satisfies(input -> {
          assertThat(input.name()).isEqualTo("image");
          assertThat(input.url()).hasToString(picture);
        });
  }

  @Test
  void wrongFlatFieldsAreRefusedByTheirName() {
    Producer.Answer twice =
        producer.post(
            "/api/image/generate",
            Map.of("prompt", "x", "width", 64, "params", Map.of("width", 128)));
    Producer.Answer type =
        producer.post("/api/image/generate", Map.of("prompt", "x", "type", "video"));
    Producer.Answer width =
        producer.post("/api/image/generate", Map.of("prompt", "x", "width", "wide"));
    Producer.Answer response = producer.post("/api/image/generate?response=gif", "{}");

    assertThat(List.of(twice, type, width, response))
        .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(400));
    assertThat(twice.body().get("field").asString()).isEqualTo("width");
    assertThat(type.body().get("field").asString()).isEqualTo("type");
    assertThat(width.body().get("field").asString()).isEqualTo("params.width");
    assertThat(response.body().get("field").asString()).isEqualTo("response");
    assertThat(worker.depth(IMAGES)).isZero();
  }

  @Test
  void binaryAnswerIsTheFileItself() throws Exception {
    byte[] picture = "not really a picture".getBytes(StandardCharsets.UTF_8);
    Future<HttpResponse<byte[]>> answer =
        callers.submit(() ->
            HttpClient.newHttpClient()
                .send(
                    HttpRequest.newBuilder(
                            URI.create(producer.base() + "/api/image/generate?response=binary"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{\"prompt\":\"a file\"}"))
                        .build(),
                    HttpResponse.BodyHandlers.ofByteArray()));
    Job job = worker.take(IMAGES).job();
    URI file =
        URI.create(
            producer.base()
                + "/api/artifacts/"
                + FakeWorker.artifact(job)
                + "?filename=fox.png&job_id="
                + job.jobId());
    HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(file)
                .header("Content-Type", "image/png")
                .PUT(BodyPublishers.ofByteArray(picture))
                .build(),
            HttpResponse.BodyHandlers.discarding());
    worker.succeed(job);

    assertThat(answer.get().statusCode()).isEqualTo(200);
    assertThat(answer.get().body()).isEqualTo(picture);
    assertThat(answer.get().headers().firstValue("Content-Type")).hasValue("image/png");
    assertThat(answer.get().headers().firstValue("X-Fleet-Job-Id"))
        .hasValue(job.jobId().toString());
    assertThat(answer.get().headers().firstValue("X-Fleet-Node")).hasValue("gpu-1");
  }

  @Test
  void failureCancelAndTheEndOfPatienceAreToldApart() throws Exception {
    Future<Producer.Answer> broken = generate(Map.of("prompt", "breaks"));
    worker.fail(worker.take(IMAGES).job());
    Future<Producer.Answer> tired = generate(Map.of("prompt", "gave up"));
    Job last = worker.take(IMAGES).job();
    worker.report(
        Result.ended(
            last,
            ResultStatus.FAILED,
            "gpu-1",
            Timings.NONE,
            JobError.retryable(ErrorCode.OUT_OF_MEMORY, "no memory three times"),
            Instant.now()));
    Future<Producer.Answer> stopped = generate(Map.of("prompt", "stopped"));
    Job cancelled = worker.take(IMAGES).job();
    producer.post("/api/jobs/" + cancelled.jobId() + "/cancel", "");
    Producer.Answer slow =
        producer.post("/api/image/generate?wait=1", Map.of("prompt", "takes its time"));
    Job going = worker.take(IMAGES).job();

    assertThat(problem(broken.get())).isEqualTo("422 job-failed");
    assertThat(broken.get().body().at("/error/code").asString()).isEqualTo("execution_failed");
    assertThat(broken.get().body().get("detail").asString()).contains("it broke");
    assertThat(problem(tired.get())).isEqualTo("500 job-failed");
    assertThat(problem(stopped.get())).isEqualTo("409 job-cancelled");
    assertThat(problem(slow)).isEqualTo("504 still-running");
    assertThat(slow.body().get("job_id").asString()).isEqualTo(going.jobId().toString());
    assertThat(slow.body().get("status_url").asString())
        .endsWith("/api/image/status/" + going.jobId());
    assertThat(slow.headers().firstValue("Retry-After")).isPresent();
    worker.succeed(going);
  }

  @Test
  void videoIsAskedForUntilItIsThere() {
    Producer.Answer submitted =
        producer.post("/api/video/submit", Map.of("prompt", "it runs"), "Idempotency-Key", "v1");
    Job job = worker.take(VIDEOS).job();
    String status = path(submitted, "status_url");
    String result = path(submitted, "result_url");

    assertThat(submitted.status()).isEqualTo(202);
    assertThat(submitted.body().get("done").asBoolean()).isFalse();
    assertThat(producer.get(status).body().get("status").asString()).isEqualTo("queued");
    Producer.Answer early = producer.get(result);
    assertThat(problem(early)).isEqualTo("409 not-ended");
    assertThat(early.headers().firstValue("Retry-After")).isPresent();
    worker.succeed(job);
    Producer.Answer ended = producer.get(status + "?wait=20");
    assertThat(ended.body().get("done").asBoolean()).isTrue();
    assertThat(ended.body().get("progress").asDouble()).isEqualTo(1);
    assertThat(ended.body().get("url").asString()).endsWith("/fox.png");
    assertThat(producer.get(result).body().get("url")).isEqualTo(ended.body().get("url"));
    assertThat(problem(producer.get(status.replace("video", "image"))))
        .isEqualTo("404 job-not-found");
    Producer.Answer repeat =
        producer.post("/api/video/submit", Map.of("prompt", "it runs"), "Idempotency-Key", "v1");
    assertThat(repeat.status()).isEqualTo(200);
    assertThat(repeat.body().get("done").asBoolean()).isTrue();
    assertThat(worker.depth(VIDEOS)).isZero();
  }

  @Test
  void callerThatHangsUpLosesNothing() throws Exception {
    String body =
        "{\"prompt\":\"nobody waits\",\"job_id\":\"00000000-0000-4000-8000-00000000000a\"}";
    URI base = URI.create(producer.base());
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("POST /api/image/generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                      + "Content-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.UTF_8));
      worker.succeed(worker.take(IMAGES).job());
    }

    Producer.Answer job = producer.get("/api/jobs/00000000-0000-4000-8000-00000000000a?wait=20");
    assertThat(job.body().get("status").asString()).isEqualTo("succeeded");
  }

  @Test
  void threeHundredCallersAtOnceAreAnsweredAndTheirRepeatsRenderNothing() throws Exception {
    Set<String> rendered = new HashSet<>();
    List<Future<Producer.Answer>> first = threeHundred();
    for (int i = 0; i < 300; i++) {
      Job job = worker.take(IMAGES).job();
      rendered.add(job.jobId().toString());
      worker.succeed(job);
    }
    Set<String> answered = ids(first);

    Set<String> repeated = ids(threeHundred());

    assertThat(answered).hasSize(300).isEqualTo(rendered).isEqualTo(repeated);
    assertThat(worker.depth(IMAGES)).isZero();
  }

  private List<Future<Producer.Answer>> threeHundred() {
    List<Future<Producer.Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      String scene = "scene " + i;
      answers.add(
          callers.submit(() ->
              producer.post(
                  "/api/image/generate", Map.of("prompt", scene), "Idempotency-Key", scene)));
    }
    return answers;
  }

  private static Set<String> ids(List<Future<Producer.Answer>> answers) throws Exception {
    Set<String> ids = new HashSet<>();
    for (Future<Producer.Answer> answer : answers) {
      assertThat(answer.get().status()).as(answer.get().body().toString()).isEqualTo(200);
      ids.add(answer.get().body().get("job_id").asString());
    }
    return ids;
  }

  private Future<Producer.Answer> generate(Map<String, Object> body) {
    return callers.submit(() -> producer.post("/api/image/generate", body));
  }

  private static String problem(Producer.Answer answer) {
    String type = answer.body().path("type").asString("");
    return answer.status() + " " + type.substring(type.lastIndexOf(':') + 1);
  }

  private static String path(Producer.Answer answer, String field) {
    return URI.create(answer.body().get(field).asString()).getPath();
  }
}
