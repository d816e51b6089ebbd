package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Calls of the producer's HTTP API. Each blocks, has a limit, and turns whatever goes wrong into
 * one sentence and an exit status.
 *
 * <p>They go through {@link HttpURLConnection}, which is ready a third of a second of processor
 * time earlier than {@link HttpClient}; only {@code PATCH}, which it does not know, goes through
 * that.
 */
final class Api {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  static {
    // It would send a POST a second time when a connection breaks before the answer.
    System.setProperty("sun.net.http.retryPost", "false");
  }

  private final URI server;

  /**
   * Nothing is sent yet.
   *
   * @throws CommandStopped when the address is none of HTTP
   */
  Api(URI server) {
    boolean http = "http".equals(server.getScheme()) || "https".equals(server.getScheme());
    if (!http || server.getHost() == null) {
      throw new CommandStopped(
          Exit.REFUSED, "--server must be an address like http://host:8080, was " + server);
    }
    this.server = server;
  }

  /** The body of the answer to {@code GET}. */
  String get(String path) {
    return send("GET", path, null);
  }

  /** The body of the answer to {@code POST}; null for no body. */
  String post(String path, @Nullable String json) {
    return send("POST", path, json == null ? "" : json);
  }

  /** The body of the answer to {@code DELETE}, empty for none. */
  String delete(String path) {
    return send("DELETE", path, null);
  }

  /** The body of the answer to {@code PATCH}. */
  String patch(String path, String json) {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .method("PATCH", HttpRequest.BodyPublishers.ofString(json))
            .build();
    try (HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build()) {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw refusal("PATCH " + request.uri(), answer.statusCode(), answer.body());
      }
      return answer.body();
    } catch (IOException e) {
      throw away(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandStopped(Exit.FAILED, "Interrupted while talking to " + server);
    }
  }

  /** Hands over the lines of an answer as they come. */
  void lines(String path, Consumer<String> line) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(answer("GET", path, null), StandardCharsets.UTF_8))) {
      reader.lines().forEach(line);
    } catch (IOException | UncheckedIOException e) {
      throw new CommandStopped(
          Exit.UNREACHABLE, "The producer at " + server + " broke off: " + e.getMessage());
    }
  }

  /** A text as a part of a path or query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The JSON of an answer. */
  static JsonNode json(String body) {
    try {
      return ProducerClient.JSON.readTree(body);
    } catch (JacksonException e) {
      throw new CommandStopped(
          Exit.FAILED, "The producer's answer is not JSON; is there a ComfyFleet at --server?");
    }
  }

  private String send(String method, String path, @Nullable String body) {
    try (InputStream in = answer(method, path, body)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw away(e);
    }
  }

  private InputStream answer(String method, String path, @Nullable String body) {
    URI address = server.resolve(path);
    try {
      HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
      connection.setRequestMethod(method);
      connection.setConnectTimeout((int) CONNECT.toMillis());
      connection.setReadTimeout((int) LIMIT.toMillis());
      if (body != null) {
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        try (OutputStream out = connection.getOutputStream()) {
          out.write(body.getBytes(StandardCharsets.UTF_8));
        }
      }
      int status = connection.getResponseCode();
      if (status / 100 == 2) {
        return connection.getInputStream();
      }
      throw refusal(method + " " + address, status, text(connection.getErrorStream()));
    } catch (IOException e) {
      throw away(e);
    }
  }

  private static String text(@Nullable InputStream stream) throws IOException {
    try (stream) {
      return stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private CommandStopped away(IOException failure) {
    return new CommandStopped(
        Exit.UNREACHABLE,
        failure instanceof SocketTimeoutException
            ? "The producer at " + server + " did not answer in time"
            : "No ComfyFleet producer answers at "
                + server
                + "; start one with ./fleet up or give --server");
  }

  private static CommandStopped refusal(String call, int status, String body) {
    Exit exit =
        switch (status) {
          case 404 -> Exit.NOT_FOUND;
          case 502, 503, 504 -> Exit.UNREACHABLE;
          default -> status < 500 ? Exit.REFUSED : Exit.FAILED;
        };
    return new CommandStopped(exit, sentence(call, status, body));
  }

  /** What a problem document says; its detail already begins with the field where there is one. */
  private static String sentence(String call, int status, String body) {
    String fallback = call + " answered " + status;
    JsonNode problem;
    try {
      problem = ProducerClient.JSON.readTree(body);
    } catch (JacksonException e) {
      return fallback;
    }
    String detail = problem.path("detail").asString("");
    if (detail.isEmpty()) {
      return fallback;
    }
    StringBuilder sentence = new StringBuilder(detail);
    String field = problem.path("field").asString("");
    if (!field.isEmpty() && !detail.contains(field)) {
      sentence.insert(0, field + ": ");
    }
    String limit = problem.path("limit").asString("");
    if (!limit.isEmpty() && !detail.contains(limit)) {
      sentence.append(" (limit: ").append(limit).append(')');
    }
    return sentence.toString();
  }
}
