package io.comfyfleet.producer.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.wire.MessageCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(
    classes = ArtifactHttpTest.Slice.class,
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.datasource.url=jdbc:h2:mem:artifacts;DB_CLOSE_DELAY=-1",
      "server.address=127.0.0.1",
      "fleet.store.max-size=1MB"
    })
class ArtifactHttpTest {
  private static final JsonMapper JSON = MessageCodec.mapper();
  private static @TempDir Path folder;

  @LocalServerPort private int port;
  private final HttpClient http = HttpClient.newHttpClient();
  private final UUID id = UUID.randomUUID();

  @DynamicPropertySource
  static void store(DynamicPropertyRegistry registry) {
    registry.add("fleet.store.directory", folder::toString);
  }

  @Test
  void uploadedFileComesBackWithItsTypeAndDigest() throws Exception {
    byte[] body = bytes(300_000);

    HttpResponse<String> stored = put(id, "fox.png", "image/png", body);
    HttpResponse<byte[]> got = get("/api/artifacts/" + id + "/fox.png");

    JsonNode answer = JSON.readTree(stored.body());
    assertThat(stored.statusCode()).isEqualTo(201);
    assertThat(answer.path("artifact").asString()).isEqualTo(id.toString());
    assertThat(answer.path("filename").asString()).isEqualTo("fox.png");
    assertThat(answer.path("content_type").asString()).isEqualTo("image/png");
    assertThat(answer.path("size_bytes").asLong()).isEqualTo(300_000);
    assertThat(answer.path("sha256").asString()).isEqualTo(sha256(body));
    assertThat(answer.path("url").asString())
        .isEqualTo("http://127.0.0.1:" + port + "/api/artifacts/" + id + "/fox.png");
    assertThat(got.statusCode()).isEqualTo(200);
    assertThat(got.body()).isEqualTo(body);
    assertThat(header(got, "Content-Type")).isEqualTo("image/png");
    assertThat(header(got, "ETag")).isEqualTo("\"" + sha256(body) + "\"");
    assertThat(header(got, "Last-Modified")).isNotEmpty();
    assertThat(header(got, "Content-Disposition")).startsWith("inline");
    assertThat(header(got, "X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(header(got, "Content-Security-Policy")).isEqualTo("sandbox");
  }

  @Test
  void headTellsTheLengthAndSendsNoBody() throws Exception {
    put(id, "a.mp4", "video/mp4", bytes(1234));

    HttpResponse<byte[]> head =
        http.send(
            request("/api/artifacts/" + id).method("HEAD", BodyPublishers.noBody()).build(),
            BodyHandlers.ofByteArray());

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(header(head, "Content-Length")).isEqualTo("1234");
    assertThat(head.body()).isEmpty();
  }

  @Test
  void repeatedUploadIsHarmlessAndSaysSo() throws Exception {
    byte[] body = bytes(10);
    put(id, "a.png", "image/png", body);

    HttpResponse<String> again = put(id, "a.png", "image/png", body);

    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(get("/api/artifacts/" + id).body()).isEqualTo(body);
  }

  @Test
  void otherContentUnderAKnownIdIsRefusedAndChangesNothing() throws Exception {
    byte[] first = bytes(10);
    put(id, "a.png", "image/png", first);

    HttpResponse<String> other = put(id, "b.webp", "image/webp", bytes(20));
    HttpResponse<byte[]> got = get("/api/artifacts/" + id);

    assertThat(other.statusCode()).isEqualTo(409);
    assertThat(other.body()).contains("urn:comfyfleet:problem:artifact-exists", sha256(first));
    assertThat(got.body()).isEqualTo(first);
    assertThat(header(got, "Content-Type")).isEqualTo("image/png");
    assertThat(filesOf(id)).hasSize(1);
    assertThat(incoming()).isEmpty();
  }

  @Test
  void sameFileAgainComesBackAfterItVanishedFromTheDisk() throws Exception {
    byte[] body = bytes(10);
    put(id, "a.png", "image/png", body);
    Files.delete(filesOf(id).getFirst());

    put(id, "a.png", "image/png", body);

    assertThat(get("/api/artifacts/" + id).body()).isEqualTo(body);
  }

  @Test
  void rangesAreServedInPart() throws Exception {
    byte[] body = bytes(1000);
    put(id, "a.mp4", "video/mp4", body);

    assertRange("bytes=0-99", "bytes 0-99/1000", Arrays.copyOfRange(body, 0, 100));
    assertRange("bytes=900-", "bytes 900-999/1000", Arrays.copyOfRange(body, 900, 1000));
    assertRange("bytes=-10", "bytes 990-999/1000", Arrays.copyOfRange(body, 990, 1000));
    assertRange("bytes=-5000", "bytes 0-999/1000", body);
    assertRange("bytes=990-5000", "bytes 990-999/1000", Arrays.copyOfRange(body, 990, 1000));
  }

  @Test
  void rangeBeyondTheEndIsRefusedWithTheLength() throws Exception {
    put(id, "a.mp4", "video/mp4", bytes(1000));

    HttpResponse<byte[]> refused = get("/api/artifacts/" + id, "Range", "bytes=1000-");

    assertThat(refused.statusCode()).isEqualTo(416);
    assertThat(header(refused, "Content-Range")).isEqualTo("bytes */1000");
    assertThat(header(refused, "Content-Type")).isEqualTo("application/problem+json");
  }

  @Test
  void unreadableOrSeveralRangesMeanTheWholeFile() throws Exception {
    byte[] body = bytes(1000);
    put(id, "a.mp4", "video/mp4", body);

    for (String range : List.of("bytes=abc", "lines=1-2", "bytes=0-1,5-6")) {
      HttpResponse<byte[]> whole = get("/api/artifacts/" + id, "Range", range);
      assertThat(whole.statusCode()).as(range).isEqualTo(200);
      assertThat(whole.body()).as(range).isEqualTo(body);
    }
  }

  @Test
  void unchangedFileIsNotSentAgain() throws Exception {
    byte[] body = bytes(100);
    put(id, "a.png", "image/png", body);
    String etag = "\"" + sha256(body) + "\"";

    HttpResponse<byte[]> same = get("/api/artifacts/" + id, "If-None-Match", etag);
    HttpResponse<byte[]> other = get("/api/artifacts/" + id, "If-None-Match", "\"x\"");

    assertThat(same.statusCode()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    assertThat(other.statusCode()).isEqualTo(200);
  }

  @Test
  void rangeOfAnotherVersionMeansTheWholeFile() throws Exception {
    byte[] body = bytes(100);
    put(id, "a.png", "image/png", body);
    String etag = "\"" + sha256(body) + "\"";
    String path = "/api/artifacts/" + id;

    assertThat(get(path, "Range", "bytes=0-9", "If-Range", etag).statusCode()).isEqualTo(206);
    assertThat(get(path, "Range", "bytes=0-9", "If-Range", "\"old\"").statusCode()).isEqualTo(200);
  }

  @Test
  void emptyFileIsAFile() throws Exception {
    put(id, "empty.txt", "text/plain", new byte[0]);

    HttpResponse<byte[]> got = get("/api/artifacts/" + id);

    assertThat(got.statusCode()).isEqualTo(200);
    assertThat(got.body()).isEmpty();
    assertThat(get("/api/artifacts/" + id, "Range", "bytes=0-").statusCode()).isEqualTo(416);
  }

  @Test
  void announcedLengthBeyondTheLimitIsRefusedBeforeTheBodyIsSent() throws Exception {
    HttpResponse<String> refused =
        http.send(
            request("/api/artifacts/" + id + "?filename=a.png")
                .expectContinue(true)
                .PUT(BodyPublishers.ofByteArray(bytes(5_000_000)))
                .build(),
            BodyHandlers.ofString());

    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(refused.body()).contains("1048576", "urn:comfyfleet:problem:too-large");
    assertThat(filesOf(id)).isEmpty();
  }

  @Test
  void bodyWithoutLengthIsCutAtTheLimit() throws Exception {
    byte[] body = bytes(1_500_000);

    HttpResponse<String> refused =
        http.send(
            request("/api/artifacts/" + id + "?filename=a.png")
                .PUT(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build(),
            BodyHandlers.ofString());

    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(filesOf(id)).isEmpty();
    assertThat(incoming()).isEmpty();
  }

  @Test
  void uploadThatBreaksOffLeavesNothing() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      send(
          socket,
          "PUT /api/artifacts/"
              + id
              + "?filename=a.png HTTP/1.1\r\nHost: x\r\n"
              + "Content-Type: image/png\r\nContent-Length: 500000\r\n\r\n");
      socket.getOutputStream().write(bytes(200_000));
      socket.getOutputStream().flush();
      await().until(() -> !incoming().isEmpty());
    }

    await().untilAsserted(() -> assertThat(incoming()).isEmpty());
    assertThat(filesOf(id)).isEmpty();
    assertThat(get("/api/artifacts/" + id).statusCode()).isEqualTo(404);
  }

  @Test
  void chunkedUploadThatBreaksOffLeavesNothing() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      send(
          socket,
          "PUT /api/artifacts/"
              + id
              + "?filename=a.png HTTP/1.1\r\nHost: x\r\n"
              + "Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      await().until(() -> !incoming().isEmpty());
    }

    await().untilAsserted(() -> assertThat(incoming()).isEmpty());
    assertThat(get("/api/artifacts/" + id).statusCode()).isEqualTo(404);
  }

  @Test
  void nothingIsVisibleWhileAnUploadRuns() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      send(
          socket,
          "PUT /api/artifacts/"
              + id
              + "?filename=a.txt HTTP/1.1\r\nHost: x\r\n"
              + "Content-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello");
      await().until(() -> !incoming().isEmpty());

      assertThat(get("/api/artifacts/" + id).statusCode()).isEqualTo(404);
      assertThat(filesOf(id)).isEmpty();

      send(socket, "world");
      await().until(() -> get("/api/artifacts/" + id).statusCode() == 200);
    }

    assertThat(get("/api/artifacts/" + id).body()).asString().isEqualTo("helloworld");
  }

  @Test
  void firstOfConcurrentUploadsIsKeptAndNoOther() throws Exception {
    List<byte[]> bodies = new ArrayList<>();
    List<CompletableFuture<HttpResponse<String>>> uploads = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      byte[] body = bytes(200_000 + i % 3, i % 3);
      bodies.add(body);
      uploads.add(
          http.sendAsync(
              request("/api/artifacts/" + id + "?filename=a.png")
                  .PUT(BodyPublishers.ofByteArray(body))
                  .build(),
              BodyHandlers.ofString()));
    }

    List<Integer> answers = new ArrayList<>();
    for (CompletableFuture<HttpResponse<String>> upload : uploads) {
      answers.add(upload.get().statusCode());
    }

    HttpResponse<byte[]> got = get("/api/artifacts/" + id);
    assertThat(answers).containsOnlyOnce(201);
    for (int i = 0; i < bodies.size(); i++) {
      boolean same = Arrays.equals(bodies.get(i), got.body());
      assertThat(answers.get(i)).isIn(same ? List.of(200, 201) : List.of(409));
    }
    assertThat(header(got, "ETag")).isEqualTo("\"" + sha256(got.body()) + "\"");
    assertThat(filesOf(id)).hasSize(1);
  }

  @Test
  void strangersNameIsMadeHarmlessAndKeepsItsLetters() throws Exception {
    String name = "../../etc/пейзаж 山水\r\nX-Evil: 1.png";

    HttpResponse<String> stored =
        put(id, URLEncoder.encode(name, StandardCharsets.UTF_8), "image/png", bytes(3));
    HttpResponse<byte[]> got = get(URI.create(url(stored)).getRawPath());

    assertThat(JSON.readTree(stored.body()).path("filename").asString())
        .isEqualTo("пейзаж 山水__X-Evil_ 1.png");
    assertThat(got.statusCode()).isEqualTo(200);
    assertThat(got.headers().map()).doesNotContainKey("X-Evil");
    assertThat(header(got, "Content-Disposition")).contains("filename*=UTF-8''");
  }

  @Test
  void idThatIsNoUuidIsRefused() throws Exception {
    HttpResponse<byte[]> refused = get("/api/artifacts/..%2f..%2fetc");
    HttpResponse<byte[]> noUuid = get("/api/artifacts/passwd");

    assertThat(refused.statusCode()).isBetween(400, 404);
    assertThat(noUuid.statusCode()).isEqualTo(400);
    assertThat(new String(noUuid.body(), StandardCharsets.UTF_8))
        .contains("\"field\":\"artifact\"");
  }

  @Test
  void formAsBodyIsRefusedBecauseItIsNoFile() throws Exception {
    HttpResponse<String> refused =
        put(id, "a.png", "application/x-www-form-urlencoded", "a=b".getBytes());

    assertThat(refused.statusCode()).isEqualTo(415);
  }

  @Test
  void uploadWithoutANameIsRefusedNamingTheField() throws Exception {
    HttpResponse<String> refused =
        http.send(
            request("/api/artifacts/" + id).PUT(BodyPublishers.ofByteArray(bytes(3))).build(),
            BodyHandlers.ofString());

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("\"field\":\"filename\"");
  }

  @Test
  void fileThatVanishedFromTheDiskIsNotFound() throws Exception {
    put(id, "a.png", "image/png", bytes(3));
    Files.delete(filesOf(id).getFirst());

    assertThat(get("/api/artifacts/" + id).statusCode()).isEqualTo(404);
  }

  private void assertRange(String range, String contentRange, byte[] part) throws Exception {
    HttpResponse<byte[]> got = get("/api/artifacts/" + id, "Range", range);
    assertThat(got.statusCode()).as(range).isEqualTo(206);
    assertThat(header(got, "Content-Range")).isEqualTo(contentRange);
    assertThat(got.body()).as(range).isEqualTo(part);
  }

  private HttpResponse<String> put(UUID artifact, String filename, String type, byte[] body)
      throws Exception {
    return http.send(
        request(
                "/api/artifacts/"
                    + artifact
                    + "?job_id="
                    + UUID.randomUUID()
                    + "&filename="
                    + filename)
            .header("Content-Type", type)
            .PUT(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = request(path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private static String url(HttpResponse<String> stored) {
    return JSON.readTree(stored.body()).path("url").asString();
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static void send(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static List<Path> incoming() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(".incoming"))) {
      return files.toList();
    }
  }

  private static List<Path> filesOf(UUID artifact) throws IOException {
    Path place = folder.resolve(artifact.toString().substring(0, 2));
    if (!Files.exists(place)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(place)) {
      return files.filter(file -> file.toString().contains(artifact.toString())).toList();
    }
  }

  private static byte[] bytes(int length) {
    return bytes(length, 7);
  }

  private static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @EnableAutoConfiguration
  @ComponentScan({"io.comfyfleet.producer.artifact", "io.comfyfleet.producer.problem"})
  static class Slice {
    @Bean
    JsonMapper mapper() {
      return MessageCodec.mapper();
    }
  }
}
