package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Several prompts in one ComfyUI: of this worker's slots, of one before it, of other people. */
class NeighbourIT extends OneMachine {
  @Test
  void promptThatWaitsBehindALongOneOfTheSameWorkerIsNotTakenForHung() {
    String heartbeats = fleet.bindHeartbeats();
    startWorker(Map.of("fleet.intake.slots", 2, "fleet.health.stall", "2s"));

    fleet.publish(Jobs.image().seconds(6).build());
    fleet.publish(Jobs.image().seconds(1).build());

    for (int i = 0; i < 2; i++) {
      Result result = fleet.result();
      assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
      assertThat(result.attempts()).isEmpty();
    }
    assertThat(states(heartbeats)).doesNotContain(NodeState.UNHEALTHY);
  }

  @Test
  void slotsThatAreAddedWhileItRunsAreUsedByOneLane() {
    startWorker();
    fleet.tell("node-1", new ControlMessage.Slots(3));

    for (int i = 0; i < 3; i++) {
      fleet.publish(Jobs.image().seconds(4).build());
    }

    await().atMost(Duration.ofSeconds(3)).until(() -> fleet.waiting(IMAGE) == 0);
  }

  @Test
  void promptThatTheNodeGaveUpDoesNotKeepItFromProvingItself() {
    String heartbeats = fleet.bindHeartbeats();
    startWorker(
        Map.of(
            "fleet.comfy.patience", "1s",
            "fleet.health.canary-timeout", "2s",
            "fleet.retry.delays", "1s"));
    fleet.publish(Jobs.image().seconds(60).maxAttempts(1).build());
    await().until(() -> !comfy.executed().isEmpty());

    comfy.faults().arm(FaultPlan.once(Fault.SERVER_ERROR).latched().with("503"));
    await().atMost(Duration.ofSeconds(20)).until(() -> fleet.waiting(IMAGE) == 1);
    fleet.tell("node-1", new ControlMessage.Pause());
    comfy.faults().clear();

    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> states(heartbeats).contains(NodeState.PAUSED));
    assertThat(comfy.executed().getFirst().outcome()).isEqualTo("interrupted");
  }

  @Test
  void nodeThatObeysNoInterruptGetsNoJobUntilItHasEnded() {
    comfy.faults().once(Fault.LONG_NODE);
    String heartbeats = fleet.bindHeartbeats();
    startWorker(Map.of("fleet.health.interrupt-patience", "1s"));
    Job job = Jobs.image().seconds(6).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.Cancel(job.jobId()));

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.CANCELLED);
    assertThat(comfy.executed().getFirst().ended()).isNull();
    await().until(() -> states(heartbeats).contains(NodeState.UNHEALTHY));
    fleet.publish(Jobs.image().build());
    await()
        .during(Duration.ofSeconds(1))
        .until(() -> fleet.waiting(IMAGE) == 1 || comfy.executed().getFirst().ended() != null);
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void nodeThatObeysNoWordToPutAJobBackGetsNoJobUntilItHasEnded() {
    comfy.faults().once(Fault.LONG_NODE);
    String heartbeats = fleet.bindHeartbeats();
    startWorker(Map.of("fleet.health.interrupt-patience", "1s"));
    Job job = Jobs.image().seconds(6).build();
    fleet.publish(job);
    await().until(() -> !comfy.executed().isEmpty());

    fleet.tell("node-1", new ControlMessage.Defer(job.jobId()));

    await().until(() -> states(heartbeats).contains(NodeState.UNHEALTHY));
  }

  @Test
  void jobThatOverrunsItsTimeIsInterruptedAloneAndItsNeighbourSucceeds() {
    startWorker(Map.of("fleet.intake.slots", 2));
    Job late = Jobs.image().seconds(30).timeout(Duration.ofSeconds(2)).maxAttempts(1).build();
    fleet.publish(late);
    await().until(() -> !comfy.executed().isEmpty());
    Job neighbour = Jobs.image().seconds(3).build();
    fleet.publish(neighbour);
    await().until(() -> fleet.waiting(IMAGE) == 0);

    Map<UUID, Result> results = new HashMap<>();
    for (int i = 0; i < 2; i++) {
      Result result = fleet.result();
      results.put(result.jobId(), result);
    }

    assertThat(results.get(late.jobId()).error().code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(results.get(neighbour.jobId()).status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(results.get(neighbour.jobId()).attempts()).isEmpty();
  }

  @Test
  void comfyUiWhoseWorkerThreadDiesOnTheCanaryIsRestarted() {
    comfy.faults().once(Fault.EXECUTION_ERROR);
    startWorker(
        Map.of(
            "fleet.health.failures",
            1,
            "fleet.health.canary-timeout",
            "1s",
            "fleet.health.restart-command",
            "curl,-sX,POST," + comfy.url() + "/simulator/restart",
            "fleet.health.restart-after",
            "3s"));
    fleet.publish(Jobs.image().seconds(2).maxAttempts(1).build());
    await().until(() -> !comfy.executed().isEmpty());
    comfy.faults().once(Fault.HANG);
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);

    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void foreignPromptInFrontOfTheCanaryDoesNotGetComfyUiRestarted() throws Exception {
    comfy.faults().once(Fault.EXECUTION_ERROR);
    startWorker(
        Map.of(
            "fleet.health.failures",
            1,
            "fleet.health.canary-timeout",
            "1s",
            "fleet.health.restart-command",
            "curl,-sX,POST," + comfy.url() + "/simulator/restart",
            "fleet.health.restart-after",
            "1s"));
    fleet.publish(Jobs.image().maxAttempts(1).build());
    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.EXECUTION_FAILED);
    String foreign = submitDirectly();

    fleet.publish(Jobs.image().build());

    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(comfy.executed())
        .filteredOn(run -> run.promptId().equals(foreign))
        .extracting(run -> String.valueOf(run.outcome()))
        .containsExactly("success");
  }

  @Test
  void promptThatSomebodyRemovedFromTheQueueIsNoRestartOfComfyUi() throws Exception {
    String heartbeats = fleet.bindHeartbeats();
    startWorker();
    submitDirectly();
    fleet.publish(Jobs.image().maxAttempts(1).build());
    await().until(() -> get("/queue").contains("fleet_job_id"));

    post("/queue", "{\"clear\":true}");

    assertThat(fleet.result().error().code()).isEqualTo(ErrorCode.INTERRUPTED);
    assertThat(states(heartbeats)).doesNotContain(NodeState.UNHEALTHY);
  }

  private String get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(comfy.url() + path)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  private void post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(comfy.url() + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
  }

  /** A prompt of seven seconds by somebody else. */
  private String submitDirectly() throws Exception {
    String promptId = UUID.randomUUID().toString();
    String body =
        MessageCodec.mapper()
            .writeValueAsString(
                Map.of(
                    "prompt", Jobs.picture(7).graph(), "prompt_id", promptId, "client_id", "me"));
    post("/prompt", body);
    return promptId;
  }
}
