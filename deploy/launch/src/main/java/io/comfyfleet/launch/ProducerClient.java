package io.comfyfleet.launch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * The producer's HTTP API, as far as the command line uses it. Every call blocks and has a limit.
 */
public final class ProducerClient {

  /** Reads and writes the producer's JSON. */
  public static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int WAIT_SECONDS = 30;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI base;

  /** A client of the producer at that address; nothing is sent yet. */
  public ProducerClient(URI base) {
    this.base = base;
  }

  /** Whether it answers and calls itself healthy. */
  public boolean isHealthy() {
    try {
      return http.send(get("/actuator/health"), BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Ids of the nodes that are online. */
  public Set<String> onlineNodes() {
    var online = new HashSet<String>();
    for (JsonNode node : read(send(get("/api/nodes"))).path("nodes")) {
      if ("online".equalsIgnoreCase(node.path("status").asString(""))) {
        online.add(node.path("id").asString(""));
      }
    }
    return online;
  }

  /**
   * @param body JSON of the run
   * @return the new run's id
   */
  public String submit(String body) {
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve("/api/runs"))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    return read(send(request)).path("run_id").asString();
  }

  /** The run as it is; waits up to 30 s for its end. */
  public RunAnswer await(String runId) {
    String body = send(get("/api/runs/" + runId + "?wait=" + WAIT_SECONDS));
    try {
      return JSON.readValue(body, RunAnswer.class);
    } catch (JacksonException e) {
      throw new FleetFailure("Producer sent a run that cannot be read: " + body, e);
    }
  }

  /** Lines of the run's event stream, until the producer ends it. Close it to stop listening. */
  public Stream<String> events(String runId) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve("/api/runs/" + runId + "/events"))
            .header("Accept", "text/event-stream")
            .GET()
            .build();
    return http.send(request, BodyHandlers.ofLines()).body();
  }

  /**
   * Opens a file for reading.
   *
   * @param url absolute, or relative to the producer
   */
  public InputStream open(String url) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(base.resolve(url)).timeout(LIMIT).GET().build();
    HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      answer.body().close();
      throw new IOException(request.uri() + " answered " + answer.statusCode());
    }
    return answer.body();
  }

  private HttpRequest get(String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(LIMIT).GET().build();
  }

  private String send(HttpRequest request) {
    String call = request.method() + " " + request.uri();
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new FleetFailure(call + " answered " + answer.statusCode() + ": " + answer.body());
      }
      return answer.body();
    } catch (IOException e) {
      throw new FleetFailure(call + " failed: " + e, e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static JsonNode read(String body) {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new FleetFailure("Producer sent no JSON: " + body, e);
    }
  }

  private static FleetFailure interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new FleetFailure("Interrupted while talking to the producer", e);
  }
}
