package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.Destiny;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

/** Each class of error, made by a simulated ComfyUI, and what becomes of its job and its node. */
class DestinyIT extends OneMachine {
  @Test
  void missingModelSendsTheJobElsewhereWithoutCountingAnAttempt() {
    comfy.faults().latch(Fault.MODEL_MISSING);
    startWorker();

    fleet.publish(Jobs.image().workflow(withModel()).build());

    Job sent = codec.decodeJob(fleet.message(Topology.ELSEWHERE).getBody());
    assertThat(sent.attempt()).isEqualTo(1);
    assertThat(sent.excludes("node-1")).isTrue();
    assertThat(onlyError(sent).code()).isEqualTo(ErrorCode.MISSING_MODEL);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void inputThatComfyUiDoesNotFindIsTriedAgain() {
    startWorker();
    Workflow graph =
        new Workflow(
            Map.of(
                "1",
                Map.of("class_type", "LoadImage", "inputs", Map.of("image", "nowhere.png")),
                "2",
                Map.of(
                    "class_type",
                    "SaveImage",
                    "inputs",
                    Map.of("images", List.of("1", 0), "filename_prefix", "x"))));

    fleet.publish(Jobs.image().workflow(graph).maxAttempts(2).build());

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.INPUT_NOT_FOUND);
    assertThat(result.attempt()).isEqualTo(2);
  }

  @Test
  void missingNodeTypeSendsTheJobElsewhere() {
    comfy.faults().arm(FaultPlan.once(Fault.NODE_MISSING).latched().with("SaveImage"));
    startWorker();

    fleet.publish(Jobs.image().build());

    Job sent = codec.decodeJob(fleet.message(Topology.ELSEWHERE).getBody());
    assertThat(onlyError(sent).code()).isEqualTo(ErrorCode.MISSING_NODE_TYPE);
    assertThat(onlyError(sent).message()).contains("SaveImage");
  }

  @Test
  void jobThatRulesThisNodeOutIsPassedOnUntouched() {
    startWorker();
    Job job = Jobs.image().build().nextAttempt(Jobs.ended("node-1", ErrorCode.MISSING_MODEL));

    fleet.publish(job);

    assertThat(fleet.message(Topology.ELSEWHERE).getBody()).isEqualTo(codec.encode(job));
    assertThat(comfy.executed()).isEmpty();
  }

  @Test
  void poisonedGpuClosesTheNodeUntilComfyUiIsRestarted() {
    comfy.faults().once(Fault.CUDA_FAULT);
    String heartbeats = fleet.bindHeartbeats();
    startWorker();
    fleet.publish(Jobs.image().build());
    awaitState(heartbeats, NodeState.UNHEALTHY);
    await().during(Duration.ofSeconds(2)).until(() -> fleet.waiting("fleet.jobs.image") == 1);

    comfy.restart();

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempt()).isEqualTo(1);
    assertThat(result.attempts()).hasSize(1);
    assertThat(result.attempts().getFirst().error().code()).isEqualTo(ErrorCode.GPU_POISONED);
  }

  @Test
  void jobThatWasThereWhenManyNodesBrokeIsDead() {
    startWorker();
    comfy.faults().once(Fault.RESTART);
    Job job = Jobs.image().seconds(0.4).build();
    for (int i = 1; i < Job.MOST_SETBACKS; i++) {
      job = job.nextAttempt(Jobs.ended("node-" + (i + 1), ErrorCode.COMFYUI_RESTARTED));
    }

    fleet.publish(job);

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.FAILED);
    assertThat(result.error().code().destiny()).isEqualTo(Destiny.CLOSE_NODE);
    assertThat(result.attempts()).hasSize(Job.MOST_SETBACKS - 1);
    assertThat(reason(fleet.message(Topology.DEAD))).isEqualTo(result.error().code().wireName());
  }

  @Test
  void deadWorkerThreadBehindALivingHttpServerClosesTheNode() {
    comfy.faults().once(Fault.HANG);
    String heartbeats = fleet.bindHeartbeats();
    startWorker(
        Map.of(
            "fleet.health.stall", "1s",
            "fleet.health.interrupt-patience", "1s",
            "fleet.health.canary-timeout", "1s"));

    fleet.publish(Jobs.image().build());
    awaitState(heartbeats, NodeState.UNHEALTHY);
    comfy.restart();

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempts().getFirst().error().code()).isEqualTo(ErrorCode.COMFYUI_HUNG);
    assertThat(result.attempt()).isEqualTo(1);
  }

  @Test
  void comfyUiThatDoesNotAnswerAnyMoreClosesTheNodeAndTheJobIsGivenBackUncounted() {
    String heartbeats = fleet.bindHeartbeats();
    startWorker(Map.of("fleet.comfy.patience", "1s"));
    fleet.publish(Jobs.image().seconds(30).build());
    await().until(() -> comfy.executed().size() == 1);

    comfy.crash();
    awaitState(heartbeats, NodeState.UNHEALTHY);
    await().until(() -> fleet.waiting("fleet.jobs.image") == 1);

    Job sent = codec.decodeJob(fleet.message("fleet.jobs.image").getBody());
    assertThat(sent.attempt()).isEqualTo(1);
    assertThat(onlyError(sent).code()).isEqualTo(ErrorCode.COMFYUI_UNREACHABLE);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void brokenComfyUiIsRestartedByTheOperatorsCommand() {
    comfy.faults().once(Fault.CUDA_FAULT);
    startWorker(
        Map.of(
            "fleet.health.restart-command",
            "curl,-sX,POST," + comfy.url() + "/simulator/restart",
            "fleet.health.restart-after",
            "1s"));

    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void comfyUiThatRanOutOfMemoryIsToldToFreeItsOwn() {
    startWorker();
    Workflow graph = Jobs.picture(0);
    fleet.publish(Jobs.image().workflow(graph).build());
    fleet.result();
    comfy.faults().once(Fault.OUT_OF_MEMORY);
    fleet.publish(Jobs.image().workflow(graph).maxAttempts(1).build());
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);

    fleet.publish(Jobs.image().workflow(graph).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    // Node 1 would come from ComfyUI's cache if that were still there.
    assertThat(comfy.executed().getLast().rendered()).contains("1");
  }

  @Test
  void silentPromptIsInterruptedAndCounts() {
    comfy.faults().once(Fault.SILENCE);
    startWorker(Map.of("fleet.health.stall", "1s"));

    fleet.publish(Jobs.image().seconds(20).maxAttempts(1).build());

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.STALLED);
    assertThat(comfy.executed().getFirst().outcome()).isEqualTo("interrupted");
  }

  @Test
  void promptWithoutAHeardSocketIsNotTakenForStalled() {
    comfy.faults().latch(Fault.DEAF_SOCKET);
    startWorker(Map.of("fleet.health.stall", "1s"));

    fleet.publish(Jobs.image().seconds(4).maxAttempts(1).build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void jobBehindAPromptOfWhichNothingIsHeardIsNotTakenForStuck() {
    comfy.faults().latch(Fault.DEAF_SOCKET);
    startWorker(Map.of("fleet.health.stall", "2s", "fleet.intake.slots", 2));
    fleet.publish(Jobs.image().seconds(6).build());
    await().until(() -> !comfy.executed().isEmpty());

    fleet.publish(Jobs.image().build());

    Result first = fleet.result();
    Result second = fleet.result();
    assertThat(List.of(first.status(), second.status())).containsOnly(ResultStatus.SUCCEEDED);
    assertThat(first.attempts()).isEmpty();
    assertThat(second.attempts()).isEmpty();
  }

  @Test
  void interruptBySomebodyElseCounts() throws Exception {
    startWorker();
    fleet.publish(Jobs.image().seconds(20).maxAttempts(1).build());
    await().until(() -> !comfy.executed().isEmpty());

    post(comfy.url().resolve("/interrupt"));

    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.INTERRUPTED);
  }

  @Test
  void outputThatIsGoneCountsAndTheNextAttemptMakesItAnew() {
    comfy.faults().once(Fault.VIEW_MISSING);
    startWorker();

    fleet.publish(Jobs.image().build());

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempt()).isEqualTo(2);
    assertThat(result.attempts().getFirst().error().code())
        .isEqualTo(ErrorCode.OUTPUT_NOT_RETRIEVABLE);
  }

  @Test
  void answerThatTheWorkerDoesNotUnderstandIsItsOwnFaultAndIsTriedAgain() {
    String heartbeats = fleet.bindHeartbeats();
    comfy.faults().arm(FaultPlan.once(Fault.UNKNOWN_STATUS).latched().with("paused"));
    startWorker(Map.of("fleet.comfy.patience", "1s"));
    fleet.publish(Jobs.image().seconds(3).build());
    await().until(() -> fleet.waiting(Topology.retry(Duration.ofSeconds(1))) == 1);
    comfy.faults().clear();

    Result result = fleet.result();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.attempt()).isEqualTo(2);
    JobError error = result.attempts().getFirst().error();
    assertThat(error.code()).isEqualTo(ErrorCode.INTERNAL_ERROR);
    assertThat(error.message()).contains("paused");
    // The fault is not the machine's.
    assertThat(states(heartbeats)).contains(NodeState.BUSY).doesNotContain(NodeState.UNHEALTHY);
  }

  @Test
  void faultOfTheWorkersOwnThatStaysEndsAsADeadLetter() {
    comfy.faults().arm(FaultPlan.once(Fault.UNKNOWN_STATUS).latched().with("paused"));
    startWorker(Map.of("fleet.comfy.patience", "1s"));

    fleet.publish(Jobs.image().seconds(20).maxAttempts(1).build());

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.INTERNAL_ERROR);
    assertThat(reason(fleet.message(Topology.DEAD))).isEqualTo("internal_error");
  }

  /** A job that came past the door: the next attempt would be a message of more than 1 MiB. */
  @Test
  void jobThatCannotBeSentOnIsDeadWithItsReasonAfterOneAttempt() {
    comfy.faults().once(Fault.EXECUTION_ERROR);
    startWorker();
    Workflow large = Jobs.picture(0.1).withInput("1", "note", "x".repeat(1_200_000));

    fleet.publish(
        "image", MessageCodec.mapper().writeValueAsBytes(Jobs.image().workflow(large).build()));

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.INTERNAL_ERROR);
    assertThat(result.error().message()).contains("execution_failed", "must be at most");
    assertThat(reason(fleet.message(Topology.DEAD))).isEqualTo("internal_error");
    assertThat(comfy.executed()).hasSize(1);
  }

  @Test
  void graphWithoutAnythingToKeepIsDeadAtOnce() {
    startWorker();
    Workflow preview =
        new Workflow(
            Map.of(
                "1",
                Jobs.picture(0).graph().get("1"),
                "2",
                Map.of("class_type", "PreviewImage", "inputs", Map.of("images", List.of("1", 0)))));

    fleet.publish(Jobs.image().workflow(preview).build());

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.NO_OUTPUT);
    assertThat(result.attempt()).isEqualTo(1);
    assertThat(reason(fleet.message(Topology.DEAD))).isEqualTo("no_output");
  }

  @Test
  void storeThatStaysAwayIsAFailedAttempt() {
    store.refuse(Integer.MAX_VALUE);
    startWorker(Map.of("fleet.store.patience", "1s"));

    fleet.publish(Jobs.image().maxAttempts(1).build());

    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
  }

  @Test
  void drainWhileTheStoreIsAwayGivesTheJobBackUncounted() {
    store.refuse(Integer.MAX_VALUE);
    var worker =
        fleet.startWorker(comfy.url(), store.url(), Map.of("fleet.drain.deadline", "500ms"));
    fleet.publish(Jobs.image().build());
    await().until(() -> comfy.executed().stream().anyMatch(run -> run.ended() != null));

    fleet.stop(worker);

    Job given = codec.decodeJob(fleet.message("fleet.jobs.image").getBody());
    assertThat(given.attempts()).isEmpty();
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void failuresInARowMakeTheNodeProveItself() {
    comfy.faults().times(Fault.EXECUTION_ERROR, 2);
    startWorker(Map.of("fleet.health.failures", 2));
    fleet.publish(Jobs.image().maxAttempts(1).build());
    fleet.publish(Jobs.image().maxAttempts(1).build());
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);

    Job job = Jobs.image().build();
    fleet.publish(job);

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).hasSize(4);
  }

  @Test
  void questionsThatComfyUiAnswersMeanwhileDoNotMakeUpForFailures() {
    comfy.faults().times(Fault.EXECUTION_ERROR, 2);
    startWorker(Map.of("fleet.health.failures", 2, "fleet.node.heartbeat-interval", "200ms"));
    fleet.publish(Jobs.image().maxAttempts(1).build());
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    String heartbeats = fleet.bindHeartbeats();
    IntStream.range(0, 4).forEach(i -> fleet.message(heartbeats));

    fleet.publish(Jobs.image().maxAttempts(1).build());
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed()).as("two failures, a canary, a success").hasSize(4);
  }

  @Test
  void jobThatKilledItsWorkersAgainAndAgainIsDead() {
    Job job = Jobs.image().build();
    MessageProperties properties = new MessageProperties();
    properties.setHeader("x-fleet-deaths", 9);
    fleet.publish(job, properties);

    startWorker();

    Result result = fleet.result();
    assertThat(result.error().code()).isEqualTo(ErrorCode.DELIVERY_LIMIT);
    assertThat(reason(fleet.message(Topology.DEAD))).isEqualTo("delivery_limit");
    assertThat(comfy.executed()).isEmpty();
  }

  @Test
  void connectionsThatEndWithTheJobInHandAreCountedOnEveryBroker() throws Exception {
    Job job = Jobs.image().build();
    fleet.publish(job);
    for (int i = 0; i < 9 && isQuorum(); i++) {
      takeAndDie();
    }
    if (!isQuorum()) {
      takeAndDie();
    }

    startWorker();

    Result result = fleet.result();
    if (isQuorum()) {
      assertThat(result.error().code()).isEqualTo(ErrorCode.DELIVERY_LIMIT);
    } else {
      assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    }
  }

  @Test
  void cancelOfARunStopsItsRunningJob() {
    startWorker();
    Job job = Jobs.image().seconds(20).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.CancelRun(job.runId()));

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.CANCELLED);
  }

  @Test
  void deferredJobIsPutBackToWaitUncounted() {
    startWorker();
    Job job = Jobs.image().seconds(20).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.Defer(job.jobId()));

    await().until(() -> fleet.waiting(Topology.retry(Duration.ofSeconds(15))) == 1);
    assertThat(fleet.waiting(Topology.RESULTS)).isZero();
  }

  @Test
  void copyOfAJobThatSucceededHereIsNotRenderedAgain() {
    startWorker();
    Job job = Jobs.image().build();
    fleet.publish(job);
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);

    fleet.publish(job);
    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().jobId()).isNotEqualTo(job.jobId());
    assertThat(comfy.executed()).hasSize(2);
  }

  @Test
  void orphanOfAnEarlierWorkerIsCancelledAndAnotherClientsPromptIsNot() throws Exception {
    UUID orphan = submitDirectly(Map.of("fleet_node_id", "node-1"));
    UUID foreign = submitDirectly(Map.of("fleet_node_id", "node-2"));

    startWorker();

    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> outcome(orphan).equals("interrupted") && outcome(foreign).equals("null"));
  }

  @Test
  void promptOfAnEarlierWorkerIsCancelledOnceAnotherNodeHasItsJob() throws Exception {
    try (SimulatedComfyUi other = SimulatedComfyUi.start(SimulatorOptions.defaults())) {
      fleet.startWorker(other.url(), store.url(), Map.of("fleet.node.id", "node-2"));
      Job job = Jobs.image().seconds(60).build();
      fleet.publish(job);
      await().until(() -> !other.executed().isEmpty());
      UUID orphan =
          submitDirectly(Map.of("fleet_node_id", "node-1", "fleet_job_id", job.jobId().toString()));

      startWorker();

      await().atMost(Duration.ofSeconds(20)).until(() -> outcome(orphan).equals("interrupted"));
      fleet.tell("node-2", new ControlMessage.Cancel(job.jobId()));
      assertThat(fleet.result().status()).isEqualTo(ResultStatus.CANCELLED);
    }
  }

  private static JobError onlyError(Job job) {
    assertThat(job.attempts()).hasSize(1);
    return job.attempts().getFirst().error();
  }

  private static String reason(Message letter) {
    return String.valueOf(letter.getMessageProperties().getHeaders().get(MessageHeaders.REASON));
  }

  private void awaitState(String heartbeats, NodeState state) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            codec.decodeEvent(fleet.message(heartbeats).getBody()) instanceof Heartbeat beat
                && beat.state() == state);
  }

  /** The states that were told so far. */
  private String outcome(UUID promptId) {
    return comfy.executed().stream()
        .filter(run -> run.promptId().equals(promptId.toString()))
        .map(run -> String.valueOf(run.outcome()))
        .findFirst()
        .orElse("absent");
  }

  private UUID submitDirectly(Map<String, String> about) throws Exception {
    UUID promptId = UUID.randomUUID();
    String body =
        MessageCodec.mapper()
            .writeValueAsString(
                Map.of(
                    "prompt",
                    Jobs.picture(30).graph(),
                    "prompt_id",
                    promptId.toString(),
                    "client_id",
                    "before",
                    "extra_data",
                    about));
    HttpRequest request =
        HttpRequest.newBuilder(comfy.url().resolve("/prompt"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
    return promptId;
  }

  private static void post(URI address) throws Exception {
    HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.noBody()).build(),
            BodyHandlers.discarding());
  }

  private boolean isQuorum() {
    return Boolean.TRUE.equals(
        fleet
            .template()
            .execute(channel ->
                io.comfyfleet.topology.BrokerProfile.choose(
                        "auto", channel.getConnection().getServerProperties())
                    == io.comfyfleet.topology.BrokerProfile.QUORUM));
  }

  private static Workflow withModel() {
    return new Workflow(
        Map.of(
            "1",
            Map.of(
                "class_type",
                "CheckpointLoaderSimple",
                "inputs",
                Map.of("ckpt_name", "sd.safetensors")),
            "2",
            Map.of(
                "class_type",
                "EmptyLatentImage",
                "inputs",
                Map.of("width", 64, "height", 64, "batch_size", 1)),
            "3",
            Map.of(
                "class_type",
                "VAEDecode",
                "inputs",
                Map.of("samples", List.of("2", 0), "vae", List.of("1", 2))),
            "4",
            Map.of(
                "class_type",
                "SaveImage",
                "inputs",
                Map.of("images", List.of("3", 0), "filename_prefix", "test"))));
  }
}
