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
import io.comfyfleet.launch.SimulatorControl;
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
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The whole fleet as its users run it: real processes, real broker, real signals. One fleet of six
 * machines for all tests; what a test ended is started again before the next.
 */
@ExtendWith(BrokerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FleetIT {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int MACHINES = 6;
  private static final String PRODUCER = "producer";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<String, ChildProcess> children = new LinkedHashMap<>();
  private final Project project = new Project(Path.of("../.."));

  @TempDir static Path folder;

  private VirtualHost broker;
  private ProducerSettings producerSettings;
  private List<URI> machines;
  private int rendersBefore;

  @BeforeAll
  void startMachines(VirtualHost broker) {
    this.broker = broker;
    producerSettings =
        ProducerSettings.onLoopback(FreePorts.onLoopback(1).getFirst(), folder).withoutModels();
    ChildProcess simulator =
        start(
            "simulator",
            project.simulatorJar(),
            List.of("--nodes", "" + MACHINES, "--port", "0", "--seconds", "0.3"),
            Map.of());
    await()
        .atMost(PATIENCE)
        .until(() -> SimulatorOutput.addresses(simulator.tail(100)).size() >= MACHINES);
    machines = SimulatorOutput.addresses(simulator.tail(100));
  }

  @BeforeEach
  void startWhatIsMissing() throws Exception {
    if (!isAlive(PRODUCER)) {
      startProducer();
    }
    IntStream.rangeClosed(1, MACHINES)
        .mapToObj(number -> "node-" + number)
        .filter(id -> !isAlive(id))
        .forEach(this::startWorker);
    for (String paused : with("paused")) {
      post("/api/nodes/" + paused + "/resume");
    }
    await().atMost(PATIENCE).until(() -> with("online").size() == MACHINES);
    rendersBefore = renders();
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      channel.queuePurge("fleet.runs.completed");
    }
  }

  @AfterAll
  void stopEverything() {
    children.values().forEach(ChildProcess::requestStop);
    children.values().forEach(child -> child.stop(Duration.ofSeconds(20)));
  }

  @Test
  void sixScenesWithAnImageAndFromItAVideoEachEndAsTwelveOrderedResults() throws Exception {
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
    publishPlain("{\"type\":\"image\",\"prompt\":\"a red fox\"}");

    JsonNode event = takeRunCompleted();
    assertThat(event.path("status").asString()).isEqualTo("completed");
    assertThat(event.at("/results/0/outputs/0/content_type").asString()).isEqualTo("image/png");
  }

  @Test
  void producerKilledBetweenAcceptingAndPublishingLosesNothing() throws Exception {
    broker.broker().stop();
    String runId = submit(images(8));

    kill(PRODUCER);
    broker.broker().start();
    startProducer();

    assertThat(awaitRun(runId).path("counts").path("succeeded").asInt()).isEqualTo(8);
    assertThat(renders() - rendersBefore).isEqualTo(8);
    assertRunCompletedOnce(runId);
  }

  @Test
  void producerKilledWhileResultsArriveDeliversNothingTwice() throws Exception {
    String runId = submit(images(30));
    await().atMost(PATIENCE).until(() -> succeeded(runId) >= 5);

    kill(PRODUCER);
    startProducer();

    JsonNode run = awaitRun(runId);
    assertThat(run.path("counts").path("succeeded").asInt()).isEqualTo(30);
    assertThat(renders() - rendersBefore).isEqualTo(30);
    assertRunCompletedOnce(runId);
  }

  @Test
  void killedWorkersJobEndsOnAnotherNode() throws Exception {
    String runId = submit(sleeping(1, 3));
    String killed = await().atMost(PATIENCE).until(this::busy, busy -> !busy.isEmpty()).getFirst();

    kill(killed);

    JsonNode result = awaitRun(runId).at("/results/0");
    assertThat(result.path("status").asString()).isEqualTo("succeeded");
    assertThat(result.path("node_id").asString()).isNotEqualTo(killed);
    assertThat(result.path("attempt").asInt()).isEqualTo(1);
  }

  @Test
  void machineThatVanishesWithoutAWordLosesItsJobToAnother() throws Exception {
    String runId = submit(sleeping(1, 3));
    String vanished =
        await().atMost(PATIENCE).until(this::busy, busy -> !busy.isEmpty()).getFirst();

    children.get(vanished).suspend();

    JsonNode result = awaitRun(runId).at("/results/0");
    children.get(vanished).resume();
    assertThat(result.path("status").asString()).isEqualTo("succeeded");
    assertThat(result.path("node_id").asString()).isNotEqualTo(vanished);
    assertRunCompletedOnce(runId);
  }

  @Test
  void cancelledRunEndsAtOnceAndItsMachinesAreFree() throws Exception {
    String runId = submit(sleeping(9, 30));
    await().atMost(PATIENCE).until(() -> busy().size() == MACHINES);

    JsonNode cancelled = post("/api/runs/" + runId + "/cancel");

    assertThat(cancelled.path("status").asString()).isEqualTo("cancelled");
    await().atMost(PATIENCE).until(() -> busy().isEmpty());
    String next = submit(sleeping(1, 0.1));
    assertThat(awaitRun(next).path("status").asString()).isEqualTo("completed");
    assertRunCompletedOnce(runId);
  }

  @Test
  void terminatedWorkerFinishesItsJobAndTakesNoNewOne() throws Exception {
    String runId = submit(sleeping(12, 2));
    await().atMost(PATIENCE).until(() -> busy().contains("node-1"));

    children.get("node-1").requestStop();

    assertThat(exitStatus("node-1")).isIn(0, 143);
    assertThat(awaitRun(runId).path("counts").path("succeeded").asInt()).isEqualTo(12);
    assertThat(renders() - rendersBefore).isEqualTo(12);
  }

  @Test
  void workersArePausedDrainedAndAddedWhileARunGoesOn() throws Exception {
    List<String> late = List.of("node-5", "node-6");
    for (String id : late) {
      children.get(id).requestStop();
      exitStatus(id);
    }
    List<String> runs = new ArrayList<>(List.of(submit(sleeping(24, 2))));
    awaitMeanwhile(runs, () -> busy().containsAll(List.of("node-1", "node-2")));

    post("/api/nodes/node-1/pause");
    awaitMeanwhile(runs, () -> with("paused").contains("node-1") && !busy().contains("node-1"));
    int renderedThere = renders(machines.getFirst());
    late.forEach(this::startWorker);
    awaitMeanwhile(runs, () -> busy().containsAll(late));
    assertThat(renders(machines.getFirst())).isEqualTo(renderedThere);
    post("/api/nodes/node-1/resume");
    awaitMeanwhile(runs, () -> busy().contains("node-1"));
    post("/api/nodes/node-2/drain");

    assertThat(exitStatus("node-2")).isIn(0, 143);
    for (String runId : runs) {
      assertThat(awaitRun(runId).path("counts").path("succeeded").asInt()).isEqualTo(24);
    }
    assertThat(renders() - rendersBefore).isEqualTo(24 * runs.size());
  }

  /** Awaits it with work at hand all the time, however slowly programs start. */
  private void awaitMeanwhile(List<String> runs, Callable<Boolean> condition) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          JsonNode counts = get("/api/runs/" + runs.getLast()).path("counts");
          if (counts.path("pending").asInt() < MACHINES) {
            runs.add(submit(sleeping(24, 2)));
          }
          return condition.call();
        });
  }

  private void startWorker(String id) {
    int number = Integer.parseInt(id.substring("node-".length()));
    start(
        id,
        project.workerJar(),
        List.of(),
        new WorkerSettings(
                id,
                machines.get(number - 1),
                WorkerSettings.DEFAULT_LANES,
                1,
                producerSettings.url(),
                Duration.ofSeconds(30))
            .environment());
  }

  private void startProducer() {
    start(PRODUCER, project.producerJar(), List.of(), producerSettings.environment());
    ProducerClient client = new ProducerClient(producerSettings.url());
    await().atMost(PATIENCE).until(client::isHealthy);
  }

  private ChildProcess start(
      String name, Path jar, List<String> arguments, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("AMQP_URI", broker.uri());
    ChildProcess child =
        new JavaProgram(name, jar, 160, arguments, all).start(folder.resolve("logs"));
    children.put(name, child);
    return child;
  }

  private boolean isAlive(String name) {
    return children.containsKey(name) && children.get(name).isAlive();
  }

  private void kill(String name) throws Exception {
    children.get(name).kill();
    exitStatus(name);
  }

  private int exitStatus(String name) throws Exception {
    return children.get(name).ended().get(60, TimeUnit.SECONDS);
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

  /** Jobs whose graph says itself how long it takes. */
  private static String sleeping(int count, double seconds) {
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
        Map.of("jobs", Collections.nCopies(count, Map.of("type", "image", "workflow", graph))));
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

  /** The ids of the machines that have a job in hand. */
  private List<String> busy() throws Exception {
    return nodes(node -> !node.path("jobs").isEmpty());
  }

  private List<String> with(String status) throws Exception {
    return nodes(node -> node.path("status").asString().equals(status));
  }

  private List<String> nodes(Predicate<JsonNode> wanted) throws Exception {
    return get("/api/nodes")
        .path("nodes")
        .valueStream()
        .filter(wanted)
        .map(node -> node.path("id").asString())
        .toList();
  }

  private JsonNode get(String path) throws Exception {
    URI address = producerSettings.url().resolve(path);
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(address).timeout(PATIENCE).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  /** How many prompts the machines have really rendered, all together. */
  private int renders() {
    int renders = 0;
    for (URI machine : machines) {
      renders += renders(machine);
    }
    return renders;
  }

  private static int renders(URI machine) {
    return SimulatorControl.executed(machine).size();
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
