package io.comfyfleet.worker.comfy;

import io.comfyfleet.worker.http.WholeAnswer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * HTTP to one ComfyUI. Turns every way a call can go wrong into a {@link ComfyException}, once.
 * Sends no Origin header: ComfyUI answers 403 to one that differs from Host. Thread-safe.
 */
final class ComfyHttp {
  /** ComfyUI's history repeats the graph, and some nodes put pictures into it as text. */
  static final int LARGEST_ANSWER = 16 * 1024 * 1024;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http;
  private final ComfyProperties properties;

  ComfyHttp(HttpClient http, ComfyProperties properties) {
    this.http = http;
    this.properties = properties;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(properties.url() + path))
        .timeout(properties.requestTimeout());
  }

  HttpRequest.Builder request(String path, Duration timeout) {
    return request(path).timeout(timeout);
  }

  HttpRequest post(String path, Map<String, ? extends @Nullable Object> body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
        .build();
  }

  JsonNode get(String path) {
    return json(request(path).GET().build());
  }

  JsonNode json(HttpRequest request) {
    HttpResponse<byte[]> response = send(request);
    check(request, response.statusCode(), response.body());
    return parse(request, response.body());
  }

  /** A call whose answer has no body of interest. */
  void command(HttpRequest request) {
    HttpResponse<byte[]> response = send(request);
    check(request, response.statusCode(), response.body());
  }

  /** Sends, and reads the whole answer into memory. */
  HttpResponse<byte[]> send(HttpRequest request) {
    return send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), LARGEST_ANSWER));
  }

  /** Sends; the handler decides when the answer is complete. */
  <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler) {
    try {
      return WholeAnswer.of(http, request, handler);
    } catch (IOException e) {
      // The JDK has no type for a body above the limit (JDK 25, LimitingSubscriber).
      throw String.valueOf(e.getMessage()).startsWith("body exceeds capacity")
          ? new ComfyException.TooLarge(
              describe(request) + " was answered with more than " + LARGEST_ANSWER + " bytes")
          : new ComfyException.Unreachable(
              describe(request) + " got no answer: " + words(e) + ". Is ComfyUI running there?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ComfyException.Unreachable(describe(request) + " was interrupted", e);
    }
  }

  JsonNode parse(HttpRequest request, byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new ComfyException.BadAnswer(
          describe(request) + " was answered with something that is no JSON", e);
    }
  }

  void check(HttpRequest request, int status, byte[] body) {
    if (status >= 200 && status < 300) {
      return;
    }
    if (status == 502 || status == 503 || status == 504) {
      // ComfyUI itself says none of these.
      throw new ComfyException.Unreachable(
          describe(request) + " was answered with HTTP " + status + " by what stands before it",
          null);
    }
    if (status >= 500) {
      throw new ComfyException.Crashed(describe(request) + " was answered with HTTP " + status);
    }
    throw refused(request, status, body);
  }

  private static ComfyException refused(HttpRequest request, int status, byte[] body) {
    JsonNode answer;
    try {
      answer = JSON.readTree(body);
    } catch (JacksonException e) {
      // Such as 413, which ComfyUI's server answers in plain text.
      String text = new String(body, StandardCharsets.UTF_8).strip();
      return new ComfyException.Refused(
          describe(request) + " was answered with HTTP " + status + " " + text,
          status,
          "",
          Map.of());
    }
    JsonNode error = answer.path("error");
    String words =
        error.isString()
            ? error.asString()
            : (error.path("message").asString("") + " " + error.path("details").asString(""))
                .strip();
    return new ComfyException.Refused(
        words.isEmpty() ? describe(request) + " was answered with HTTP " + status : words,
        status,
        error.path("type").asString(""),
        map(answer.path("node_errors")));
  }

  @SuppressWarnings("unchecked")
  static Map<String, @Nullable Object> map(JsonNode node) {
    return node.isObject() ? JSON.convertValue(node, Map.class) : Map.of();
  }

  private static String describe(HttpRequest request) {
    return request.method() + " " + request.uri();
  }

  private static String words(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
