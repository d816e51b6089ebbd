package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** The worker between a real broker, a real store and a ComfyUI that answers by a script. */
class ScriptedWorkerIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private static final String PICTURE =
      """
      "3":{"images":[{"filename":"a_00001_.png","subfolder":"x","type":"output"}]}\
      """;

  private final MessageCodec codec = new MessageCodec();
  private TestFleet fleet;
  private TestStore store;
  private ScriptedComfyUi comfy;

  @BeforeEach
  void start() {
    fleet = new TestFleet(BROKER);
    store = new TestStore();
    comfy = new ScriptedComfyUi();
  }

  @AfterEach
  void stop() {
    fleet.close();
    store.close();
    comfy.close();
  }

  @Test
  void jobEndsAsResultWithItsFileInTheStore() {
    Job job = Jobs.image().build();
    comfy.on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"));

    Result result = run(job, PICTURE);

    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.outputs()).hasSize(1);
    assertThat(result.outputs().getFirst().kind()).isEqualTo(OutputKind.IMAGE);
    assertThat(store.files().get(result.outputs().getFirst().artifact()).bytes())
        .asString()
        .isEqualTo("picture");
    assertThat(comfy.calls("POST /prompt")).hasSize(1);
    assertThat(comfy.calls("POST /prompt").getFirst().body())
        .contains("fleet/" + job.jobId() + "-1/test");
  }

  @Test
  void fileWhoseMediaTypeIsNonsenseIsKeptUnderTheTypeOfItsName() {
    comfy.on("GET /view", new ScriptedComfyUi.Answer(200, "none of your business", "picture"));

    Result result = run(Jobs.image().maxAttempts(1).build(), PICTURE);

    assertThat(result.outputs()).extracting(Output::contentType).containsExactly("image/png");
    assertThat(store.files().values())
        .extracting(TestStore.StoredFile::contentType)
        .containsExactly("image/png");
  }

  @Test
  void comfyUiThatIsAwayForAMomentStillGivesTheFileOfAFinishedPrompt() {
    comfy
        .cut("GET /view")
        .cut("GET /view")
        .cut("GET /view")
        .on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"));

    Result result = run(Jobs.image().build(), PICTURE);

    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempts()).isEmpty();
    assertThat(comfy.calls("POST /prompt")).hasSize(1);
  }

  @Test
  void proxyThatRefusesADownloadIsNotTakenForALostFile() {
    comfy
        .on("GET /view", new ScriptedComfyUi.Answer(429, "text/html", "slow down"))
        .on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"));

    Result result = run(Jobs.image().maxAttempts(1).build(), PICTURE);

    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.calls("POST /prompt")).hasSize(1);
  }

  @Test
  void promptThatIsQueuedAWhileAfterItsAnswerWasLostIsNotSubmittedAgain() {
    Job job = Jobs.image().build();
    String look = "GET /api/jobs/" + promptId(job);
    knowingNothingOf(job)
        .on(look, 404, "{\"error\":\"Job not found\"}")
        .on(look, 200, "{\"status\":\"in_progress\"}")
        .on(look, 200, completed(PICTURE))
        .cut("POST /prompt")
        .on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"))
        .on("POST /history", 200, "");
    startWorker(Map.of());

    fleet.publish(job);

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(submissions(job)).isEqualTo(1);
  }

  @Test
  void moreOutputsThanAResultCanNameLeaveALetter() {
    String texts = String.join(",", Collections.nCopies(20_000, "\"some text\""));

    Result result = run(Jobs.image().build(), "\"3\":{\"text\":[" + texts + "]}");

    assertThat(result.status()).isEqualTo(ResultStatus.FAILED);
    assertThat(result.error().code()).isEqualTo(ErrorCode.NO_OUTPUT);
    assertThat(
            fleet.message(Topology.DEAD).getMessageProperties().<String>getHeader("x-fleet-reason"))
        .isEqualTo("no_output");
  }

  @Test
  void textsThatAreTooLargeTogetherAreCutUntilTheBrokerTakesTheResult() {
    String text = "\"" + "\u5b57".repeat(2_000) + "\"";
    String texts = String.join(",", Collections.nCopies(400, text));

    Result result = run(Jobs.image().maxAttempts(1).build(), "\"3\":{\"text\":[" + texts + "]}");

    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.outputs()).hasSize(400);
    assertThat(result.outputs().getFirst().text()).startsWith("\u5b57\u5b57");
  }

  @Test
  void comfyUiThatRefusesToBeLookedAtClosesTheNodeAndTheJobGoesOn() {
    Job job = Jobs.image().build();
    scripted(job).on("GET /api/jobs/" + promptId(job), 403, "{\"error\":\"log in\"}");
    startWorker(Map.of("fleet.comfy.patience", "1s"));

    publishUntilTheNodeIsClosed(job);

    Job given = codec.decodeJob(fleet.message("fleet.jobs.image").getBody());
    assertThat(given.attempt()).isEqualTo(1);
    assertThat(given.attempts().getFirst().error().code()).isEqualTo(ErrorCode.COMFYUI_UNREACHABLE);
  }

  @Test
  void proxyThatRefusesAPromptClosesTheNodeAndTheJobGoesOn() {
    Job job = Jobs.image().build();
    refusing(job, new ScriptedComfyUi.Answer(403, "text/html", "<html>log in</html>"));
    startWorker(Map.of());

    publishUntilTheNodeIsClosed(job);

    Job given = codec.decodeJob(fleet.message("fleet.jobs.image").getBody());
    assertThat(given.attempt()).isEqualTo(1);
    assertThat(given.attempts().getFirst().error().code()).isEqualTo(ErrorCode.COMFYUI_UNREACHABLE);
  }

  @Test
  void promptThatIsFasterThanTheInterruptOfADrainIsKept() {
    Job job = Jobs.image().build();
    String prompt = "/api/jobs/" + promptId(job);
    scripted(job)
        .on("GET " + prompt, 200, "{\"status\":\"in_progress\"}")
        .on("POST " + prompt + "/cancel", 200, "{}")
        .on("POST /history", 200, "")
        .on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"));
    ConfigurableApplicationContext worker = startWorker(Map.of("fleet.drain.deadline", "500ms"));
    fleet.publish(job);
    await().until(() -> !comfy.calls("POST /prompt").isEmpty());

    Thread draining = Thread.startVirtualThread(() -> fleet.stop(worker));
    await().until(() -> !comfy.calls("POST " + prompt + "/cancel").isEmpty());
    comfy.on("GET " + prompt, 200, completed(PICTURE));

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    await().until(() -> !draining.isAlive());
    assertThat(fleet.waiting("fleet.jobs.image")).isZero();
  }

  @Test
  void machineThatFailsOnEveryPromptIsClosedAndTheJobGoesOn() {
    Job job = Jobs.image().build();
    refusing(job, new ScriptedComfyUi.Answer(500, "text/plain", "500 Internal Server Error"));
    startWorker(Map.of("fleet.health.failures", 1));

    publishUntilTheNodeIsClosed(job);

    Job given = codec.decodeJob(fleet.message("fleet.jobs.image").getBody());
    assertThat(given.attempt()).isEqualTo(2);
    assertThat(given.attempts().getFirst().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    assertThat(submissions(job)).isEqualTo(2);
  }

  @Test
  void whatIsNoComfyUiClosesTheNodeAndTheJobGoesOn() {
    Job job = Jobs.image().build();
    refusing(job, new ScriptedComfyUi.Answer(200, "text/html", "<html>log in</html>"));
    startWorker(Map.of("fleet.comfy.patience", "1s"));

    publishUntilTheNodeIsClosed(job);

    Job given = codec.decodeJob(fleet.message("fleet.jobs.image").getBody());
    assertThat(given.attempt()).isEqualTo(1);
    assertThat(given.attempts().getFirst().error().code()).isEqualTo(ErrorCode.COMFYUI_UNREACHABLE);
  }

  @Test
  void comfyUiThatCannotTakeAPromptIsNotFloodedWithIt() {
    Job job = Jobs.image().build();
    refusing(job, new ScriptedComfyUi.Answer(503, "text/plain", "no server"));
    startWorker(Map.of("fleet.comfy.patience", "2s"));

    publishUntilTheNodeIsClosed(job);

    assertThat(submissions(job)).isBetween(2L, 4L);
  }

  @Test
  void jobIsOutOfTheNodesHandsBeforeComfyUiIsTidied() {
    comfy
        .on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"))
        .stopHalfway("POST /history");
    run(Jobs.image().build(), PICTURE, Map.of("fleet.comfy.request-timeout", "8s"));
    String heartbeats = fleet.bindHeartbeats();

    // The answer to the tidying is waited for longer.
    await().atMost(Duration.ofSeconds(5)).until(() -> heartbeat(heartbeats).jobs().isEmpty());
  }

  private void publishUntilTheNodeIsClosed(Job job) {
    String heartbeats = fleet.bindHeartbeats();
    fleet.publish(job);
    await().until(() -> heartbeat(heartbeats).state() == NodeState.UNHEALTHY);
  }

  private Heartbeat heartbeat(String heartbeats) {
    return (Heartbeat) codec.decodeEvent(fleet.message(heartbeats).getBody());
  }

  private Result run(Job job, String outputs) {
    return run(job, outputs, Map.of());
  }

  /** Runs a job whose prompt ends with these outputs, as ComfyUI's JSON without the braces. */
  private Result run(Job job, String outputs, Map<String, Object> settings) {
    String id = promptId(job);
    scripted(job)
        .on("GET /api/jobs/" + id, 200, "{\"status\":\"in_progress\"}")
        .on("GET /api/jobs/" + id, 200, completed(outputs))
        .on("POST /history", 200, "");
    startWorker(settings);
    fleet.publish(job);
    return fleet.result();
  }

  private long submissions(Job job) {
    return comfy.calls("POST /prompt").stream()
        .filter(call -> call.body().contains(promptId(job)))
        .count();
  }

  /** A ComfyUI that takes this job's prompt and knew nothing of it before. */
  private ScriptedComfyUi scripted(Job job) {
    return knowingNothingOf(job)
        .on(
            "POST /prompt",
            200,
            "{\"prompt_id\":\"" + promptId(job) + "\",\"number\":0,\"node_errors\":{}}");
  }

  /** A ComfyUI that answers this to every prompt. */
  private void refusing(Job job, ScriptedComfyUi.Answer answer) {
    knowingNothingOf(job).on("POST /prompt", answer);
  }

  private ScriptedComfyUi knowingNothingOf(Job job) {
    return comfy
        .on("GET /system_stats", 200, "{\"system\":{\"comfyui_version\":\"0.33.0\"}}")
        .on("GET /prompt", 200, "{\"exec_info\":{\"queue_remaining\":0}}")
        .on("GET /api/jobs/" + promptId(job), 404, "{\"error\":\"Job not found\"}");
  }

  private static String completed(String outputs) {
    return "{\"status\":\"completed\",\"outputs\":{"
        + outputs
        + "},\"execution_status\":{\"status_str\":\"success\",\"completed\":true,"
        + "\"messages\":[]}}";
  }

  private static String promptId(Job job) {
    return UUID.nameUUIDFromBytes((job.jobId() + "/1").getBytes(StandardCharsets.UTF_8)).toString();
  }

  private ConfigurableApplicationContext startWorker(Map<String, Object> settings) {
    return fleet.startWorker(comfy.url(), store.url(), settings);
  }
}
