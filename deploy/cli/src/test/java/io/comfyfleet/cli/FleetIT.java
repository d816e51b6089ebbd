package io.comfyfleet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.broker.VirtualHost;
import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.SimulatorOutput;
import io.comfyfleet.launch.WorkerSettings;
import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.FreePorts;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole fleet as its users run it: real processes, real broker, real signals. */
@ExtendWith(BrokerExtension.class)
class FleetIT {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<ChildProcess> children = new ArrayList<>();
  private final Project project = new Project(Path.of("../.."));

  @TempDir Path folder;

  private VirtualHost broker;
  private ProducerSettings producerSettings;
  private ChildProcess producer;
  private List<URI> nodes;

  @BeforeEach
  void useBroker(VirtualHost broker) {
    this.broker = broker;
    producerSettings =
        ProducerSettings.onLoopback(FreePorts.onLoopback(1).getFirst(), folder).withoutModels();
  }

  @AfterEach
  void stopEverything() {
    children.forEach(ChildProcess::requestStop);
    children.forEach(child -> child.stop(Duration.ofSeconds(20)));
  }

  @Test
  void sixScenesWithAnImageAndFromItAVideoEachEndAsTwelveOrderedResults() throws Exception {
    startFleet(6, 0.3);

    JsonNode run = awaitRun(submit(scenes(6)));

    assertThat(run.path("status").asString()).isEqualTo("completed");
    assertThat(run.path("results").size()).isEqualTo(12);
    for (int i = 0; i < 12; i++) {
      JsonNode result = run.path("results").path(i);
      assertThat(result.path("index").asInt()).isEqualTo(i);
      assertThat(result.path("status").asString()).isEqualTo("succeeded");
      JsonNode output = result.path("outputs").path(0);
      assertThat(output.path("kind").asString()).isEqualTo(i % 2 == 0 ? "image" : "video");
      assertThat(sha256(output.path("url").asString())).isEqualTo(output.path("sha256").asString());
    }
  }

  @Test
  void plainMessageOnTheIntakeQueueEndsAsAFinishedJob() throws Exception {
    startFleet(1, 0.1);

    publishPlain("{\"type\":\"image\",\"prompt\":\"a red fox\"}");

    JsonNode event = takeRunCompleted();
    assertThat(event.path("status").asString()).isEqualTo("completed");
    assertThat(event.at("/results/0/outputs/0/content_type").asString()).isEqualTo("image/png");
  }

  @Test
  void producerKilledBetweenAcceptingAndPublishingLosesNothing() throws Exception {
    startFleet(2, 0.1);
    broker.broker().stop();
    String runId = submit(images(8));

    kill(producer);
    broker.broker().start();
    startProducer();

    assertThat(awaitRun(runId).path("counts").path("succeeded").asInt()).isEqualTo(8);
    assertThat(renders()).isEqualTo(8);
    assertRunCompletedOnce(runId);
  }

  @Test
  void producerKilledWhileResultsArriveDeliversNothingTwice() throws Exception {
    startFleet(3, 0.2);
    String runId = submit(images(30));
    await().atMost(PATIENCE).until(() -> succeeded(runId) >= 5);

    kill(producer);
    startProducer();

    JsonNode run = awaitRun(runId);
    assertThat(run.path("counts").path("succeeded").asInt()).isEqualTo(30);
    assertThat(renders()).isEqualTo(30);
    assertRunCompletedOnce(runId);
  }

  @Test
  void killedWorkersJobEndsOnAnotherNode() throws Exception {
    startFleet(2, 3);
    String runId = submit(images(1));
    await().atMost(PATIENCE).until(() -> !busyNode().isEmpty());
    String killed = busyNode();

    kill(worker(killed));

    JsonNode result = awaitRun(runId).at("/results/0");
    assertThat(result.path("status").asString()).isEqualTo("succeeded");
    assertThat(result.path("node_id").asString()).isNotEqualTo(killed);
    assertThat(result.path("attempt").asInt()).isEqualTo(1);
  }

  @Test
  void machineThatVanishesWithoutAWordLosesItsJobToAnother() throws Exception {
    startFleet(2, 3);
    String runId = submit(images(1));
    await().atMost(PATIENCE).until(() -> !busyNode().isEmpty());
    String vanished = busyNode();
    ChildProcess worker = worker(vanished);

    worker.suspend();

    JsonNode result = awaitRun(runId).at("/results/0");
    worker.resume();
    assertThat(result.path("status").asString()).isEqualTo("succeeded");
    assertThat(result.path("node_id").asString()).isNotEqualTo(vanished);
    assertRunCompletedOnce(runId);
  }

  @Test
  void cancelledRunEndsAtOnceAndItsMachinesAreFree() throws Exception {
    startFleet(2, 30);
    String runId = submit(images(5));
    await().atMost(PATIENCE).until(() -> busy("node-1") && busy("node-2"));

    JsonNode cancelled = post("/api/runs/" + runId + "/cancel");

    assertThat(cancelled.path("status").asString()).isEqualTo("cancelled");
    await().atMost(PATIENCE).until(() -> !busy("node-1") && !busy("node-2"));
    String next = submit(sleeping(0.1));
    assertThat(awaitRun(next).path("status").asString()).isEqualTo("completed");
    assertRunCompletedOnce(runId);
  }

  @Test
  void terminatedWorkerFinishesItsJobAndTakesNoNewOne() throws Exception {
    startFleet(2, 2);
    String runId = submit(images(6));
    await().atMost(PATIENCE).until(() -> succeeded(runId) >= 2 && busy("node-1"));

    ChildProcess worker = children.get(2);
    worker.requestStop();
    int status = worker.ended().get(60, java.util.concurrent.TimeUnit.SECONDS);

    assertThat(status).isIn(0, 143);
    assertThat(awaitRun(runId).path("counts").path("succeeded").asInt()).isEqualTo(6);
    assertThat(renders()).isEqualTo(6);
  }

  @Test
  void workersArePausedDrainedAndAddedWhileARunGoesOn() throws Exception {
    startFleet(4, 2, 1);
    String runId = submit(images(30));
    await().atMost(PATIENCE).until(() -> busy("node-1") && busy("node-2"));

    post("/api/nodes/node-1/pause");
    await()
        .atMost(PATIENCE)
        .until(() -> node("node-1").path("status").asString().equals("paused") && !busy("node-1"));
    int renderedThere = renders(nodes.getFirst());
    startWorker(3);
    startWorker(4);
    await().atMost(PATIENCE).until(() -> busy("node-3") && busy("node-4"));
    assertThat(renders(nodes.getFirst())).isEqualTo(renderedThere);
    post("/api/nodes/node-1/resume");
    await().atMost(PATIENCE).until(() -> busy("node-1"));
    post("/api/nodes/node-2/drain");

    assertThat(worker("node-2").ended().get(60, java.util.concurrent.TimeUnit.SECONDS))
        .isIn(0, 143);
    assertThat(awaitRun(runId).path("counts").path("succeeded").asInt()).isEqualTo(30);
    assertThat(renders()).isEqualTo(30);
  }

  private void startFleet(int count, double seconds) throws Exception {
    startFleet(count, count, seconds);
  }

  private void startFleet(int machines, int workers, double seconds) throws Exception {
    ChildProcess simulator =
        start(
            "simulator",
            project.simulatorJar(),
            List.of("--nodes", "" + machines, "--port", "0", "--seconds", "" + seconds),
            Map.of());
    await()
        .atMost(PATIENCE)
        .until(() -> SimulatorOutput.addresses(simulator.tail(100)).size() >= machines);
    nodes = SimulatorOutput.addresses(simulator.tail(100));
    startProducer();
    for (int number = 1; number <= workers; number++) {
      startWorker(number);
    }
    await()
        .atMost(PATIENCE)
        .until(() -> new ProducerClient(producerSettings.url()).onlineNodes().size() == workers);
  }

  private void startWorker(int number) {
    start(
        "node-" + number,
        project.workerJar(),
        List.of(),
        new WorkerSettings(
                "node-" + number,
                nodes.get(number - 1),
                WorkerSettings.DEFAULT_LANES,
                1,
                producerSettings.url(),
                Duration.ofSeconds(30))
            .environment());
  }

  private void startProducer() {
    producer = start("producer", project.producerJar(), List.of(), producerSettings.environment());
    ProducerClient client = new ProducerClient(producerSettings.url());
    await().atMost(PATIENCE).until(client::isHealthy);
  }

  private ChildProcess start(
      String name, Path jar, List<String> arguments, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("AMQP_URI", broker.uri());
    ChildProcess child =
        new JavaProgram(name, jar, 160, arguments, all).start(folder.resolve("logs"));
    children.add(child);
    return child;
  }

  /** The simulator and the producer are the first two. */
  private ChildProcess worker(String nodeId) {
    return children.get(2 + Integer.parseInt(nodeId.substring("node-".length())) - 1);
  }

  private static void kill(ChildProcess child) throws Exception {
    child.kill();
    child.ended().get(30, java.util.concurrent.TimeUnit.SECONDS);
  }

  /** The jobs of a story: per scene an image, and a video that begins with it. */
  private static String scenes(int count) {
    List<Map<String, Object>> jobs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      jobs.add(
          Map.of(
              "key",
              "scene-" + i,
              "type",
              "image",
              "template",
              "demo-image",
              "prompt",
              "scene " + i));
      jobs.add(
          Map.of(
              "type",
              "video",
              "template",
              "demo-video",
              "prompt",
              "scene " + i + " moves",
              "inputs",
              List.of(Map.of("name", "image", "job", "scene-" + i))));
    }
    return JSON.writeValueAsString(Map.of("jobs", jobs));
  }

  private static String images(int count) {
    List<Map<String, Object>> jobs =
        IntStream.range(0, count)
            .mapToObj(i ->
                Map.<String, Object>of(
                    "type", "image", "template", "demo-image", "prompt", "scene " + i))
            .toList();
    return JSON.writeValueAsString(Map.of("jobs", jobs));
  }

  /** One job whose graph says itself how long it takes. */
  private static String sleeping(double seconds) {
    Map<String, Object> graph =
        Map.of(
            "1",
            Map.of(
                "class_type",
                "EmptyImage",
                "inputs",
                Map.of("width", 64, "height", 64, "batch_size", 1, "color", 7)),
            "2",
            Map.of(
                "class_type",
                "TestSleep",
                "inputs",
                Map.of("value", List.of("1", 0), "seconds", seconds)),
            "3",
            Map.of(
                "class_type",
                "SaveImage",
                "inputs",
                Map.of("images", List.of("2", 0), "filename_prefix", "sleep")));
    return JSON.writeValueAsString(
        Map.of("jobs", List.of(Map.of("type", "image", "workflow", graph))));
  }

  private JsonNode post(String path) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(producerSettings.url().resolve(path))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
    return JSON.readTree(answer.body());
  }

  private String submit(String body) {
    return new ProducerClient(producerSettings.url()).submit(body);
  }

  private JsonNode awaitRun(String runId) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> get("/api/runs/" + runId + "?wait=10"),
            run -> !run.path("status").asString("open").equals("open"));
  }

  private int succeeded(String runId) throws Exception {
    return get("/api/runs/" + runId).at("/counts/succeeded").asInt();
  }

  private String busyNode() throws Exception {
    for (JsonNode node : get("/api/nodes").path("nodes").values()) {
      if (!node.path("jobs").isEmpty()) {
        return node.path("id").asString();
      }
    }
    return "";
  }

  private boolean busy(String id) throws Exception {
    return get("/api/nodes")
        .path("nodes")
        .valueStream()
        .anyMatch(node -> node.path("id").asString().equals(id) && !node.path("jobs").isEmpty());
  }

  private JsonNode node(String id) throws Exception {
    return get("/api/nodes/" + id);
  }

  private JsonNode get(String path) throws Exception {
    return getFrom(producerSettings.url().resolve(path));
  }

  private JsonNode getFrom(URI address) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(address).timeout(PATIENCE).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  /** How many prompts the machines have really rendered, all together. */
  private int renders() throws Exception {
    int renders = 0;
    for (URI node : nodes) {
      renders += renders(node);
    }
    return renders;
  }

  private int renders(URI node) throws Exception {
    return getFrom(node.resolve("/simulator/executed")).size();
  }

  private String sha256(String url) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = URI.create(url).toURL().openStream()) {
      digest.update(in.readAllBytes());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private void publishPlain(String body) throws Exception {
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      channel.basicPublish("", "fleet.intake", null, body.getBytes(UTF_8));
    }
  }

  private JsonNode takeRunCompleted() throws Exception {
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      GetResponse event =
          await()
              .atMost(PATIENCE)
              .until(() -> channel.basicGet("fleet.runs.completed", true), taken -> taken != null);
      return JSON.readTree(event.getBody());
    }
  }

  /** Of all ends on the queue, those of other tests included, exactly one is this run's. */
  private void assertRunCompletedOnce(String runId) throws Exception {
    List<String> ended = new ArrayList<>();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          ended.add(takeRunCompleted().path("run_id").asString());
          return ended.contains(runId);
        });
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      for (GetResponse more; (more = channel.basicGet("fleet.runs.completed", true)) != null; ) {
        ended.add(JSON.readTree(more.getBody()).path("run_id").asString());
      }
      assertThat(ended).containsOnlyOnce(runId);
      assertThat(channel.messageCount("fleet.results")).isZero();
      assertThat(channel.messageCount("fleet.dead")).isZero();
    }
  }

  private Connection connect() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(broker.uri());
    return factory.newConnection("fleet test");
  }
}
