package io.comfyfleet.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * An HTTP server that answers what a test told it to, in order, and the last answer for ever.
 * Routes that a test did not script answer an empty 404, as an old ComfyUI does.
 */
public final class ScriptedComfyUi implements AutoCloseable {
  private static final int HALFWAY = -1;

  private final HttpServer server;
  private final Map<String, Deque<Answer>> script = new ConcurrentHashMap<>();
  private final List<Call> calls = new CopyOnWriteArrayList<>();

  /** A request as it came. */
  public record Call(String method, String path, String query, String origin, String body) {}

  /**
   * A scripted answer.
   *
   * @param status HTTP status; 0 cuts the connection instead
   * @param contentType media type; of a redirect, its address
   * @param body the body
   */
  public record Answer(int status, String contentType, String body) {}

  /** Starts on a free port of the loopback. */
  public ScriptedComfyUi() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  /** Base address. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Adds an answer for a route such as {@code GET /queue}. */
  public ScriptedComfyUi on(String route, int status, String json) {
    return on(route, new Answer(status, "application/json; charset=utf-8", json));
  }

  /** Adds an answer for a route. */
  public ScriptedComfyUi on(String route, Answer answer) {
    script.computeIfAbsent(route, key -> new ArrayDeque<>()).add(answer);
    return this;
  }

  /** Adds an answer that never comes: the connection is cut after the request was read. */
  public ScriptedComfyUi cut(String route) {
    return on(route, new Answer(0, "", ""));
  }

  /** Adds an answer that stops in the middle of its body, on an open connection. */
  public ScriptedComfyUi stopHalfway(String route) {
    return on(route, new Answer(HALFWAY, "application/json", "{\"system\":"));
  }

  /** All requests so far. */
  public List<Call> calls() {
    return calls;
  }

  /** The requests to a route so far. */
  public List<Call> calls(String route) {
    return calls.stream()
        .filter(call -> (call.method() + " " + call.path()).equals(route))
        .toList();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String path = exchange.getRequestURI().getPath();
    calls.add(
        new Call(
            exchange.getRequestMethod(),
            path,
            String.valueOf(exchange.getRequestURI().getRawQuery()),
            String.valueOf(exchange.getRequestHeaders().getFirst("Origin")),
            body));
    Answer answer = next(exchange.getRequestMethod() + " " + path);
    if (answer.status() == 0) {
      exchange.close();
      return;
    }
    byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
    // A redirect has no content; its address stands in the same place.
    String header = answer.status() / 100 == 3 ? "Location" : "Content-Type";
    exchange.getResponseHeaders().set(header, answer.contentType());
    if (answer.status() == HALFWAY) {
      exchange.sendResponseHeaders(200, bytes.length * 2L);
      exchange.getResponseBody().write(bytes);
      exchange.getResponseBody().flush();
      return;
    }
    exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Answer next(String route) {
    Deque<Answer> answers = script.get(route);
    if (answers == null) {
      return new Answer(404, "application/octet-stream", "");
    }
    synchronized (answers) {
      return answers.size() > 1 ? answers.poll() : answers.peek();
    }
  }
}
