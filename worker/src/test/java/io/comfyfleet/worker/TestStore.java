package io.comfyfleet.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An output store over real HTTP that keeps files in memory. */
public final class TestStore implements AutoCloseable {
  private final HttpServer server;
  private final Map<UUID, StoredFile> files = new ConcurrentHashMap<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile int refusal;

  /** A file as it was PUT. */
  public record StoredFile(String filename, String contentType, byte[] bytes) {}

  /** Starts on a free port of the loopback. */
  public TestStore() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/artifacts/", this::handle);
    server.start();
  }

  /** Base address. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What it holds. */
  public Map<UUID, StoredFile> files() {
    return files;
  }

  /** Answers 503 to so many of the next requests. */
  public void refuse(int times) {
    refuse(times, 503);
  }

  /** Answers with that status to so many of the next requests. */
  public void refuse(int times, int status) {
    refusal = status;
    refusals.set(times);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      UUID id = UUID.fromString(exchange.getRequestURI().getPath().split("/")[3]);
      if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(refusal, -1);
        return;
      }
      if (exchange.getRequestMethod().equals("PUT")) {
        put(exchange, id);
        return;
      }
      StoredFile file = files.get(id);
      if (file == null) {
        exchange.getResponseHeaders().set("Content-Type", "application/problem+json");
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      exchange.getResponseHeaders().set("Content-Type", file.contentType());
      exchange.sendResponseHeaders(200, file.bytes().length);
      exchange.getResponseBody().write(file.bytes());
    }
  }

  private void put(HttpExchange exchange, UUID id) throws IOException {
    byte[] bytes = exchange.getRequestBody().readAllBytes();
    String query = exchange.getRequestURI().getQuery();
    String filename = query.replaceFirst(".*filename=([^&]*).*", "$1");
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    StoredFile before = files.putIfAbsent(id, new StoredFile(filename, type, bytes));
    if (before != null && !Arrays.equals(before.bytes(), bytes)) {
      exchange.sendResponseHeaders(409, -1);
      return;
    }
    String answer =
        """
        {"artifact":"%s","filename":"%s","content_type":"%s","size_bytes":%d,"sha256":"%s",\
        "url":"%s/api/artifacts/%s/%s"}\
        """
            .formatted(id, filename, type, bytes.length, sha256(bytes), url(), id, filename);
    byte[] body = answer.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(201, body.length);
    exchange.getResponseBody().write(body);
  }

  /** Lower-case hexadecimal. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
