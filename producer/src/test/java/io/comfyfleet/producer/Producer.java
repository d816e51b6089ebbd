package io.comfyfleet.producer;

import io.comfyfleet.wire.MessageCodec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running producer of a test, spoken to over HTTP as any caller would. */
final class Producer implements AutoCloseable {
  private static final JsonMapper MAPPER = MessageCodec.mapper();

  private final ConfigurableApplicationContext context;
  private final HttpClient http = HttpClient.newHttpClient();

  private Producer(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /** An answer: status, headers, and body as JSON. */
  record Answer(int status, HttpHeaders headers, JsonNode body) {}

  /** Starts one on a free port with its files in that folder. */
  static Producer start(String amqpUri, Path folder, String... settings) {
    return start(amqpUri, folder, null, settings);
  }

  /** The same, with a clock of the test's; null for the true time. */
  static Producer start(String amqpUri, Path folder, @Nullable Clock clock, String... settings) {
    Map<String, String> args = new LinkedHashMap<>();
    args.put("--server.port", "0");
    args.put("--spring.rabbitmq.addresses", amqpUri);
    args.put("--fleet.database.url", h2(folder));
    args.put("--fleet.store.directory", folder.resolve("outputs").toString());
    args.put("--fleet.run.public-url", "http://127.0.0.1:8080");
    // Given twice, Spring would join the values with a comma.
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      args.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return new Producer(
        new SpringApplicationBuilder(ProducerMain.class)
            .registerShutdownHook(false)
            .initializers(context -> {
              if (clock != null) {
                ((GenericApplicationContext) context)
                    .registerBean(
                        "testClock", Clock.class, () -> clock, bean -> bean.setPrimary(true));
              }
            })
            .run(
                args.entrySet().stream()
                    .map(arg -> arg.getKey() + "=" + arg.getValue())
                    .toArray(String[]::new)));
  }

  static String h2(Path folder) {
    return "jdbc:h2:file:"
        + folder.resolve("fleet").toAbsolutePath()
        + ";LOCK_TIMEOUT=10000;DB_CLOSE_ON_EXIT=FALSE";
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  <T> T bean(Class<T> type, String name) {
    return context.getBean(name, type);
  }

  String base() {
    return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
  }

  Answer post(String path, Object body, String... headers) {
    return postRaw(
        path, body instanceof String text ? text : MAPPER.writeValueAsString(body), headers);
  }

  Answer postRaw(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base() + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request.build());
  }

  Answer patch(String path, Object body) {
    return send(
        HttpRequest.newBuilder(URI.create(base() + path))
            .header("Content-Type", "application/json")
            .method("PATCH", HttpRequest.BodyPublishers.ofString(MAPPER.writeValueAsString(body)))
            .build());
  }

  Answer get(String path) {
    return send(HttpRequest.newBuilder(URI.create(base() + path)).build());
  }

  Answer delete(String path) {
    return send(HttpRequest.newBuilder(URI.create(base() + path)).DELETE().build());
  }

  /** The whole of a stream that ends by itself. */
  String text(String path) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create(base() + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(path, e);
    }
  }

  static Map<String, Object> image(String prompt) {
    return Map.of("type", "image", "prompt", prompt);
  }

  private Answer send(HttpRequest request) {
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return new Answer(
          response.statusCode(),
          response.headers(),
          response.body().length == 0 ? MAPPER.missingNode() : MAPPER.readTree(response.body()));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(request.toString(), e);
    }
  }

  @Override
  public void close() {
    context.close();
    http.close();
  }
}
