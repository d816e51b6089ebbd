package io.comfyfleet.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.simulator.execution.Executed;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.simulator.wrapper.PlainWrapper;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The plain wrapper in front of a simulated ComfyUI. */
class PlainWrapperTest {
  private static final String PROMPT = "{\"prompt\": \"a red fox\"}";

  private final Vertx vertx = SimulatedComfyUi.threads(1);
  private final SimulatedComfyUi comfyUi =
      SimulatedComfyUi.start(SimulatorOptions.defaults().withSeconds(0.1));
  private final PlainWrapper wrapper = PlainWrapper.start(vertx, "gpu1", comfyUi.url(), 0);
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stops() {
    wrapper.close();
    http.close();
    comfyUi.close();
    vertx.close().await();
  }

  private HttpResponse<byte[]> get(String url) throws Exception {
    return http.send(
        HttpRequest.newBuilder(wrapper.url().resolve(url)).build(), BodyHandlers.ofByteArray());
  }

  private HttpRequest post(String path, String body) {
    return HttpRequest.newBuilder(wrapper.url().resolve(path))
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<byte[]> posted(String path, String body) throws Exception {
    return http.send(post(path, body), BodyHandlers.ofByteArray());
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    return JsonMapper.shared().readTree(answer.body());
  }

  @Test
  void imageRequestIsAnsweredWithThePicture() throws Exception {
    HttpResponse<byte[]> answer = posted("/api/image/generate", PROMPT);

    JsonNode image = json(answer);
    assertThat(answer.statusCode()).as(image.toString()).isEqualTo(200);
    assertThat(image.path("status").asString()).isEqualTo("succeeded");
    assertThat(image.path("node").asString()).isEqualTo("gpu1");
    assertThat(image.path("urls")).hasSize(1);
    assertThat(image.at("/timings/run_ms").asInt()).isPositive();
    assertThat(image.path("url").asString()).startsWith(wrapper.url().toString());
    assertThat(get(image.path("url").asString()).body()).startsWith(0x89, 'P', 'N', 'G');
  }

  @Test
  void imagesGoToComfyUiOneAfterAnother() {
    List<CompletableFuture<HttpResponse<byte[]>>> answers =
        IntStream.range(0, 4)
            .mapToObj(i ->
                http.sendAsync(post("/api/image/generate", PROMPT), BodyHandlers.ofByteArray()))
            .toList();

    assertThat(answers).allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
    List<Executed> runs = comfyUi.executed();
    assertThat(runs).hasSize(4);
    for (int i = 1; i < runs.size(); i++) {
      assertThat(runs.get(i).started()).isAfterOrEqualTo(runs.get(i - 1).ended());
    }
  }

  @Test
  void submittedVideoIsAskedForUntilItIsThere() throws Exception {
    HttpResponse<byte[]> submitted = posted("/api/video/submit", PROMPT);

    JsonNode job = json(submitted);
    assertThat(submitted.statusCode()).isEqualTo(202);
    assertThat(job.path("done").asBoolean(true)).isFalse();
    assertThat(get(job.path("result_url").asString()).statusCode()).isEqualTo(409);
    JsonNode done =
        await()
            .until(
                () -> json(get(job.path("status_url").asString())),
                status -> status.path("done").asBoolean());
    assertThat(done.path("status").asString()).isEqualTo("succeeded");
    JsonNode result = json(get(job.path("result_url").asString()));
    assertThat(result.path("url")).isEqualTo(done.path("url"));
    assertThat(get(result.path("url").asString()).headers().firstValue("Content-Type"))
        .contains("video/mp4");
  }

  @Test
  void jobOfAnotherWrapperIsUnknown() throws Exception {
    SimulatedComfyUi otherComfyUi = SimulatedComfyUi.start(SimulatorOptions.defaults());
    try (otherComfyUi;
        var other = PlainWrapper.start(vertx, "gpu2", otherComfyUi.url(), 0)) {
      String path =
          URI.create(json(posted("/api/video/submit", PROMPT)).path("status_url").asString())
              .getPath();

      assertThat(get(path).statusCode()).isEqualTo(200);
      assertThat(get(other.url() + path).statusCode()).isEqualTo(404);
    }
  }

  @Test
  void failureIsTheAnswer() throws Exception {
    comfyUi.faults().once(Fault.OUT_OF_MEMORY);
    assertThat(posted("/api/image/generate", PROMPT).statusCode()).isEqualTo(500);
    assertThat(posted("/api/image/generate", "{\"prompt\": \"wide\", \"width\": -1}").statusCode())
        .isEqualTo(422);
    assertThat(posted("/api/image/generate", "{}").statusCode()).isEqualTo(400);

    comfyUi.crash();

    assertThat(posted("/api/image/generate", PROMPT).statusCode()).isEqualTo(502);
  }
}
