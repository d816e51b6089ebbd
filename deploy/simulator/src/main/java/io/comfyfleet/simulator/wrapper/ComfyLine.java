package io.comfyfleet.simulator.wrapper;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The jobs of one ComfyUI. Each is posted as it comes; ComfyUI's own queue puts them in line, and
 * only the first in line is asked for. Event loop only.
 */
final class ComfyLine {
  private static final long ASK_AGAIN_MS = 25;
  private static final Duration LIMIT = Duration.ofHours(1);

  private final Vertx vertx;
  private final HttpClient http;
  private final Map<String, WrappedJob> jobs = new HashMap<>();
  private final Deque<WrappedJob> line = new ArrayDeque<>();

  /** One after another, so that this line has the order of ComfyUI's own. */
  private Future<Answer> lastPost = Future.failedFuture("none yet");

  ComfyLine(Vertx vertx, URI comfyUi) {
    this.vertx = vertx;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setDefaultHost(comfyUi.getHost())
                .setDefaultPort(comfyUi.getPort())
                .setConnectTimeout(5000));
  }

  /** Null when this wrapper has no such job: another one may have it. */
  @Nullable WrappedJob find(String id) {
    return jobs.get(id);
  }

  /** Accepts a job; it fails later when ComfyUI does not take it. */
  WrappedJob add(Kind kind, JsonNode request) {
    WrappedJob job = new WrappedJob(UUID.randomUUID().toString(), kind);
    jobs.put(job.id(), job);
    ObjectNode body = JsonMapper.shared().createObjectNode();
    body.put("prompt_id", job.id()).set("prompt", kind.graph(request));
    Future<Answer> post =
        lastPost.transform(
            before -> call(HttpMethod.POST, "/prompt", Buffer.buffer(body.toString())));
    lastPost = post;
    post.onSuccess(answer -> posted(job, answer)).onFailure(trouble -> unreachable(job, trouble));
    return job;
  }

  /** Opens a file of a job for streaming. */
  Future<HttpClientResponse> open(WrappedJob.Output output) {
    String query =
        "/view?filename="
            + encoded(output.filename())
            + "&subfolder="
            + encoded(output.subfolder())
            + "&type="
            + encoded(output.type());
    return http.request(HttpMethod.GET, query).compose(HttpClientRequest::send);
  }

  private void posted(WrappedJob job, Answer answer) {
    if (answer.status() != 200) {
      boolean ours = answer.status() == 400;
      String words = answer.body().at("/error/message").asString("status " + answer.status());
      job.fail(ours ? 422 : 502, "ComfyUI did not take it: " + words);
      return;
    }
    line.add(job);
    if (line.size() == 1) {
      watchFirst();
    }
  }

  private void watchFirst() {
    WrappedJob job = line.peek();
    if (job != null) {
      job.begin();
      ask(job, System.nanoTime() + LIMIT.toNanos());
    }
  }

  private void ask(WrappedJob job, long limit) {
    call(HttpMethod.GET, "/history/" + job.id(), Buffer.buffer())
        .onSuccess(answer -> {
          JsonNode entry = answer.body().path(job.id());
          if (!entry.isMissingNode()) {
            job.finish(entry);
          } else if (System.nanoTime() > limit) {
            job.fail(500, "ComfyUI did not end it within " + LIMIT);
          }
          if (job.isDone()) {
            line.remove(job);
            watchFirst();
          } else {
            vertx.setTimer(ASK_AGAIN_MS, timer -> ask(job, limit));
          }
        })
        .onFailure(trouble -> {
          line.remove(job);
          unreachable(job, trouble);
          watchFirst();
        });
  }

  private static void unreachable(WrappedJob job, Throwable trouble) {
    job.fail(502, "ComfyUI cannot be reached: " + trouble.getMessage());
  }

  private Future<Answer> call(HttpMethod method, String path, Buffer body) {
    return http.request(method, path)
        .compose(request -> request.send(body))
        .compose(response ->
            response.body().map(bytes -> new Answer(response.statusCode(), json(bytes))));
  }

  private static JsonNode json(Buffer bytes) {
    return JsonMapper.shared().readTree(bytes.getBytes());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private record Answer(int status, JsonNode body) {}
}
