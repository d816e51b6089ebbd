package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.launch.JavaProgram;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.ProducerSettings;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.SimulatorOutput;
import io.comfyfleet.launch.WorkerSettings;
import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.FreePorts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The operator's commands against a real producer with a worker and a real broker. */
class CliIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir static Path folder;

  private static final List<ChildProcess> CHILDREN = new ArrayList<>();
  private static ProducerSettings settings;

  /** What a command printed and ended with. */
  private record Ended(int status, String out, String err) {
    JsonNode json() {
      return ProducerClient.JSON.readTree(out);
    }
  }

  @BeforeAll
  static void startFleet() {
    Project project = new Project(Path.of("../.."));
    settings =
        ProducerSettings.onLoopback(FreePorts.onLoopback(1).getFirst(), folder).withoutModels();
    ChildProcess simulator =
        start(
            "simulator",
            project.simulatorJar(),
            List.of("--nodes", "1", "--port", "0", "--seconds", "0.2"),
            Map.of());
    start("producer", project.producerJar(), List.of(), settings.environment());
    await().atMost(PATIENCE).until(() -> !SimulatorOutput.addresses(simulator.tail(100)).isEmpty());
    WorkerSettings worker =
        new WorkerSettings(
            "node-1",
            SimulatorOutput.addresses(simulator.tail(100)).getFirst(),
            WorkerSettings.DEFAULT_LANES,
            1,
            settings.url(),
            Duration.ofSeconds(30));
    await().atMost(PATIENCE).until(new ProducerClient(settings.url())::isHealthy);
    start("node-1", project.workerJar(), List.of(), worker.environment());
    await()
        .atMost(PATIENCE)
        .until(() -> new ProducerClient(settings.url()).onlineNodes().contains("node-1"));
  }

  @AfterAll
  static void stopFleet() {
    CHILDREN.reversed().forEach(ChildProcess::requestStop);
    CHILDREN.forEach(child -> child.stop(Duration.ofSeconds(20)));
  }

  @Test
  void runIsRenderedSavedAndListed() throws Exception {
    Path prompts = Files.writeString(folder.resolve("scenes.txt"), "a red fox\na lighthouse\n");
    Path files = folder.resolve("files");

    Ended run =
        fleet(
            "run",
            "--prompt-file",
            prompts.toString(),
            "--run-id",
            "story-1",
            "--wait",
            "--output",
            files.toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("job 1 of 2 succeeded on node-1", "run story-1 is completed");
    try (var saved = Files.list(files)) {
      assertThat(saved).hasSize(2);
    }
    assertThat(fleet("runs").out()).contains("story-1", "completed");
    assertThat(fleet("runs", "--status", "failed").out()).isEqualTo("No runs.\n");
    JsonNode jobs = fleet("jobs", "--run", "story-1", "--json").json();
    assertThat(jobs.path("total").asInt()).isEqualTo(2);
    assertThat(jobs.at("/jobs/0/status").asString()).isEqualTo("succeeded");
    assertThat(jobs.at("/jobs/0/index").asInt()).isEqualTo(1);
  }

  @Test
  void jobOfAPausedNodeWaitsAndIsCancelled() {
    assertThat(fleet("node", "pause", "node-1").status()).isZero();
    await().atMost(PATIENCE).until(() -> fleet("nodes").out().contains("paused"));
    String job = fleet("submit", "--prompt", "a boat", "--json").json().path("job_id").asString();

    // It is accepted until the broker has it.
    await().until(() -> fleet("jobs", "--status", "queued").out().contains(job));
    assertThat(fleet("cancel", "job", job).out()).contains("job " + job + " is cancelled");
    assertThat(fleet("cancel", "job", job).status()).isEqualTo(2);

    assertThat(fleet("node", "resume", "node-1").status()).isZero();
    Ended next = fleet("submit", "--prompt", "a train", "--wait", "--timeout", "60");
    assertThat(next.status()).as(next.err()).isZero();
    assertThat(next.out()).contains("is succeeded on node-1", "output", ".png");
  }

  @Test
  void wrongInputIsToldInOneSentence() {
    Ended lane = fleet("submit", "--prompt", "a fox", "--lane", "image.nosuch");
    assertThat(lane.status()).isEqualTo(2);
    assertThat(lane.err().lines()).hasSize(1);
    assertThat(lane.err()).startsWith("fleet: ").contains("image.nosuch");

    assertThat(fleet("runs", "--limit", "501").err()).contains("between 1 and 500, was 501");
    assertThat(fleet("jobs", "--status", "happy").err()).contains("accepted, waiting, queued");
    assertThat(fleet("runs", "nosuch").status()).isEqualTo(4);
    assertThat(fleet("node", "pause", "nosuch").status()).isEqualTo(4);
    assertThat(fleet("templates").out()).contains("demo-image", "yes");
    assertThat(fleet("templates", "demo-image").out()).contains("prompt");
  }

  private static Ended fleet(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.add("--server");
    all.add(settings.url().toString());
    String[] arguments = all.toArray(String[]::new);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        FleetCommand.commandLine(arguments)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Ended(status, out.toString(), err.toString());
  }

  private static ChildProcess start(
      String name, Path jar, List<String> arguments, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("AMQP_URI", BROKER.uri());
    ChildProcess child =
        new JavaProgram(name, jar, 160, arguments, all).start(folder.resolve("logs"));
    CHILDREN.add(child);
    return child;
  }
}
