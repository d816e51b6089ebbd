package io.comfyfleet.producer.problem;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.JobType;
import io.comfyfleet.wire.MessageCodec;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(
    classes = ProblemsTest.Slice.class,
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.datasource.url=jdbc:h2:mem:problems;DB_CLOSE_DELAY=-1",
      "server.address=127.0.0.1",
      "spring.mvc.problemdetails.enabled=true",
      "fleet.body.max-size=10KB"
    })
class ProblemsTest {
  private final HttpClient http = HttpClient.newHttpClient();
  @LocalServerPort private int port;

  @Test
  void valueOutOfRangeNamesFieldAndLimit() throws Exception {
    assertProblem(
        get("/throw/invalid"),
        400,
        "invalid-value",
        "priority must be between 1 and 10, was 11",
        "priority",
        "between 1 and 10");
  }

  @Test
  void refusalOfAFeatureKeepsItsStatusAndSlug() throws Exception {
    assertProblem(get("/throw/refused"), 409, "node-offline", "It sleeps", null, null);
  }

  @Test
  void brokenJsonIsRefusedWithItsPlace() throws Exception {
    JsonNode problem = body(post("{\"name\":\n  oops}"), 400);

    assertThat(problem.path("type").asString()).endsWith("unreadable-body");
    assertThat(problem.path("detail").asString()).contains("line 2");
  }

  @Test
  void wrongKindOfValueIsRefusedNamingTheField() throws Exception {
    JsonNode problem = body(post("{\"count\": \"many\"}"), 400);

    assertThat(problem.path("field").asString()).isEqualTo("count");
    assertThat(problem.path("detail").asString()).contains("count", "many");
  }

  @Test
  void invalidValueInsideARecordIsRefusedNamingTheField() throws Exception {
    JsonNode problem = body(post("{\"type\": \"sound\"}"), 400);

    assertThat(problem.path("field").asString()).isEqualTo("type");
    assertThat(problem.path("detail").asString()).contains("image or video");
  }

  @Test
  void absentBodyIsRefused() throws Exception {
    assertThat(body(post(""), 400).path("detail").asString()).contains("body is missing");
  }

  @Test
  void unknownPathMethodAndMediaTypeAreProblemsToo() throws Exception {
    assertThat(body(get("/nowhere"), 404).path("detail").asString()).contains("/nowhere");
    HttpResponse<String> method = get("/echo");
    assertThat(body(method, 405).path("type").asString()).endsWith("method-not-allowed");
    assertThat(method.headers().firstValue("Allow")).contains("POST");
    HttpResponse<String> type =
        send(
            request("/echo").header("Content-Type", "text/csv").POST(BodyPublishers.ofString("a")));
    assertThat(body(type, 415).path("type").asString()).endsWith("unsupported-media-type");
  }

  @Test
  void bodyBeyondTheLimitIsRefusedWhetherItTellsItsLengthOrNot() throws Exception {
    byte[] large = ("{\"name\":\"" + "x".repeat(20_000) + "\"}").getBytes();

    for (BodyPublisher publisher :
        new BodyPublisher[] {
          BodyPublishers.ofByteArray(large),
          BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))
        }) {
      HttpResponse<String> refused =
          send(request("/echo").header("Content-Type", "application/json").POST(publisher));
      JsonNode problem = body(refused, 413);
      assertThat(problem.path("limit").asLong()).isEqualTo(10_240);
      assertThat(problem.path("detail").asString()).contains("10240 bytes");
    }
  }

  @Test
  void databaseAndBrokerThatAreAwayAreUnavailable() throws Exception {
    for (String what : new String[] {"database", "broker"}) {
      HttpResponse<String> away = get("/throw/" + what);
      assertThat(body(away, 503).path("type").asString()).endsWith(what + "-unavailable");
      assertThat(away.headers().firstValue("Retry-After")).contains("5");
    }
  }

  @Test
  void ownFaultIsAPlainSentenceWithoutInnerDetails() throws Exception {
    HttpResponse<String> failed = get("/throw/bug");

    assertThat(body(failed, 500).path("type").asString()).endsWith("internal-error");
    assertThat(failed.body()).doesNotContain("secret thing", "Exception");
  }

  @Test
  void idThatIsNoUuidNamesTheField() throws Exception {
    assertThat(body(get("/uuid/x"), 400).path("field").asString()).isEqualTo("id");
  }

  private static void assertProblem(
      HttpResponse<String> response,
      int status,
      String slug,
      String detail,
      String field,
      String limit) {
    JsonNode problem = body(response, status);
    assertThat(problem.path("type").asString()).isEqualTo("urn:comfyfleet:problem:" + slug);
    assertThat(problem.path("status").asInt()).isEqualTo(status);
    assertThat(problem.path("title").asString()).isNotEmpty();
    assertThat(problem.path("detail").asString()).isEqualTo(detail);
    assertThat(problem.path("field").asString(null)).isEqualTo(field);
    assertThat(problem.path("limit").asString(null)).isEqualTo(limit);
  }

  private static JsonNode body(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
    return MessageCodec.mapper().readTree(response.body());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(request(path).header("Accept", "image/png"));
  }

  private HttpResponse<String> post(String json) throws Exception {
    return send(
        request("/echo")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json)));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  @EnableAutoConfiguration
  @ComponentScan("io.comfyfleet.producer.problem")
  @Import(Failing.class)
  static class Slice {
    @Bean
    JsonMapper mapper() {
      return MessageCodec.mapper();
    }
  }

  record Body(String name, int count, JobType type) {}

  @RestController
  static class Failing {
    @PostMapping("/echo")
    Body echo(@RequestBody Body body) {
      return body;
    }

    @GetMapping("/uuid/{id}")
    UUID uuid(@PathVariable UUID id) {
      return id;
    }

    @GetMapping("/throw/{what}")
    void fail(@PathVariable String what) {
      throw switch (what) {
        case "invalid" ->
            new InvalidMessageException("priority", "must be between 1 and 10, was 11");
        case "refused" -> new ProblemException(HttpStatus.CONFLICT, "node-offline", "It sleeps");
        case "database" -> new CannotGetJdbcConnectionException("away");
        case "broker" -> new AmqpConnectException(new java.io.IOException("away"));
        default -> new IllegalStateException("secret thing");
      };
    }
  }
}
