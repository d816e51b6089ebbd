package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.wire.MessageCodec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.core.Message;

/** Several prompts in one ComfyUI: of this worker's slots, of one before it, of other people. */
class NeighbourIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private static final String IMAGE = "fleet.jobs.image";

  private final MessageCodec codec = new MessageCodec();
  private TestFleet fleet;
  private TestStore store;
  private SimulatedComfyUi comfy;

  @BeforeEach
  void start() {
    fleet = new TestFleet(BROKER);
    store = new TestStore();
    comfy = SimulatedComfyUi.start(SimulatorOptions.defaults());
  }

  @AfterEach
  void stop() {
    fleet.close();
    comfy.close();
    store.close();
  }

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
    startWorker(Map.of());
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

  /** A prompt of seven seconds by somebody else. */
  private String submitDirectly() throws Exception {
    String promptId = UUID.randomUUID().toString();
    String body =
        MessageCodec.mapper()
            .writeValueAsString(
                Map.of(
                    "prompt", Jobs.picture(7).graph(), "prompt_id", promptId, "client_id", "me"));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(comfy.url() + "/prompt"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
    return promptId;
  }

  private List<NodeState> states(String heartbeats) {
    List<NodeState> states = new ArrayList<>();
    for (Message beat = fleet.messageNow(heartbeats);
        beat != null;
        beat = fleet.messageNow(heartbeats)) {
      states.add(((Heartbeat) codec.decodeEvent(beat.getBody())).state());
    }
    return states;
  }

  private void startWorker(Map<String, Object> settings) {
    fleet.startWorker(comfy.url(), store.url(), settings);
  }
}
