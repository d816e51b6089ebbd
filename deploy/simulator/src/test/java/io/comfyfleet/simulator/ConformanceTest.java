package io.comfyfleet.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.comfyfleet.simulator.setup.Flavour;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Repeats requests recorded on real servers and compares status, shape and event order.
 *
 * <p>Runs against a real server instead when {@code FLEET_TEST_COMFYUI_URL} is set; then without
 * the samples that need a fresh server or classes it does not have.
 */
class ConformanceTest {
  private static final String REAL = System.getenv("FLEET_TEST_COMFYUI_URL");
  private static final byte[] PICTURE_A = ConformancePictures.png(40, 30, 0x336699);
  private static final byte[] PICTURE_B = ConformancePictures.png(20, 10, 0x996633);

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closesEverything() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> answersAsVersion033Did() throws Exception {
    return samples(Flavour.V0_33);
  }

  @TestFactory
  Stream<DynamicTest> answersAsVersion0364Did() throws Exception {
    return samples(Flavour.V0_3_64);
  }

  private Stream<DynamicTest> samples(Flavour flavour) throws Exception {
    List<JsonNode> samples = read(flavour.version() + ".jsonl");
    ComfyClient client = new ComfyClient(url(flavour));
    open.add(client);
    if (REAL != null) {
      String version = client.get("/system_stats").at("/system/comfyui_version").asString();
      JsonNode classes = client.get("/object_info");
      samples.removeIf(sample -> !version.equals(flavour.version()) || unfit(sample, classes));
    }
    return samples.stream()
        .map(sample -> dynamicTest(sample.path("name").asString(), () -> repeat(client, sample)));
  }

  private static boolean unfit(JsonNode sample, JsonNode classes) {
    boolean missing = sample.path("fresh").asBoolean(false);
    for (JsonNode need : sample.path("needs")) {
      missing |= !classes.has(need.asString());
    }
    return missing;
  }

  private URI url(Flavour flavour) {
    if (REAL != null) {
      return URI.create(REAL);
    }
    SimulatedComfyUi node =
        SimulatedComfyUi.start(SimulatorOptions.defaults().withFlavour(flavour).withModels());
    open.add(node);
    return node.url();
  }

  private static List<JsonNode> read(String file) throws IOException {
    try (InputStream in = ConformanceTest.class.getResourceAsStream("/conformance/" + file)) {
      List<JsonNode> samples = new ArrayList<>();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      text.lines().forEach(line -> samples.add(JsonMapper.shared().readTree(line)));
      return samples;
    }
  }

  private static void repeat(ComfyClient client, JsonNode sample) throws Exception {
    if (sample.path("kind").asString().equals("run")) {
      run(client, sample);
      return;
    }
    for (JsonNode step : sample.path("steps")) {
      if (step.path("method").asString("").equals("GET")) {
        awaitIdle(client);
      }
      var reply = step.has("upload") ? upload(client, step) : request(client, step);
      assertThat(reply.statusCode())
          .as(step.path("label").asString())
          .isEqualTo(step.path("status").asInt());
      if (step.has("shape")) {
        JsonNode actual = JsonMapper.shared().readTree(reply.body());
        assertThat(Shape.difference(step.get("shape"), actual, step.path("label").asString()))
            .isEmpty();
      }
      if (step.has("name")) {
        assertThat(JsonMapper.shared().readTree(reply.body()).path("name"))
            .as(step.path("label").asString())
            .isEqualTo(step.get("name"));
      }
    }
  }

  private static java.net.http.HttpResponse<String> request(ComfyClient client, JsonNode step)
      throws Exception {
    JsonNode body = step.path("body");
    String text = body.isMissingNode() ? "" : body.isString() ? body.asString() : body.toString();
    Map<String, String> headers = new HashMap<>();
    step.path("headers")
        .properties()
        .forEach(e -> headers.put(e.getKey(), e.getValue().asString()));
    String path = step.path("path").asString().replace(";", "%3B");
    return client.send(step.path("method").asString(), path, text, headers);
  }

  private static java.net.http.HttpResponse<String> upload(ComfyClient client, JsonNode step)
      throws Exception {
    String boundary = "b" + UUID.randomUUID();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    step.path("fields")
        .properties()
        .forEach(field ->
            body.writeBytes(
                ("--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n")
                    .formatted(boundary, field.getKey(), field.getValue().asString())
                    .getBytes(StandardCharsets.UTF_8)));
    if (!step.path("field").asString().equals("x")) {
      body.writeBytes(
          ("--%s\r\nContent-Disposition: form-data; name=\"%s\"; %s\r\n\r\n")
              .formatted(
                  boundary, step.path("field").asString(), step.path("disposition").asString())
              .getBytes(StandardCharsets.UTF_8));
      body.writeBytes(
          switch (step.path("content").asString()) {
            case "a" -> PICTURE_A;
            case "b" -> PICTURE_B;
            default -> "not an image".getBytes(StandardCharsets.UTF_8);
          });
      body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }
    body.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return client.upload(step.path("upload").asString(), body.toByteArray(), boundary);
  }

  private static void run(ComfyClient client, JsonNode sample) throws Exception {
    awaitIdle(client);
    String clientId = UUID.randomUUID().toString();
    ComfyClient.Socket socket = client.socket(clientId);
    await().until(() -> !socket.heard.isEmpty());
    if (sample.path("hello").asBoolean(false)) {
      String hello = "{\"type\":\"feature_flags\",\"data\":{\"supports_preview_metadata\":true}}";
      socket.webSocket().sendText(hello, true).join();
      await().until(() -> socket.heard.contains("feature_flags"));
    }
    ObjectNode body = (ObjectNode) sample.get("body").deepCopy();
    if (sample.path("client").asBoolean(false)) {
      body.put("client_id", clientId);
    }
    JsonNode reply = client.post("/prompt", body.toString());
    assertThat(Shape.difference(sample.get("shape"), reply, "reply")).isEmpty();

    List<String> expected = new ArrayList<>();
    sample.path("events").forEach(event -> expected.add(event.asString()));
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(squeezed(socket.heard)).isEqualTo(expected));
    String id = reply.path("prompt_id").asString();
    JsonNode entry = client.get("/history/" + id).path(id);
    for (String part : List.of("outputs", "meta")) {
      assertThat(Shape.difference(sample.get(part), entry.path(part), part)).isEmpty();
    }
    assertThat(Shape.difference(sample.get("history_status"), entry.path("status"), "status"))
        .isEmpty();
    if (sample.has("job")) {
      JsonNode job = client.get("/api/jobs/" + id);
      assertThat(Shape.difference(sample.get("job"), job, "job")).isEmpty();
    }
    socket.webSocket().abort();
  }

  private static void awaitIdle(ComfyClient client) {
    await().until(() -> client.get("/prompt").at("/exec_info/queue_remaining").asInt() == 0);
  }

  private static List<String> squeezed(List<String> heard) {
    List<String> kept = new ArrayList<>();
    for (String word : heard) {
      boolean again = !kept.isEmpty() && kept.getLast().equals("progress");
      if (!(again && word.equals("progress"))) {
        kept.add(word);
      }
    }
    return kept;
  }
}
