package io.comfyfleet.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.simulator.execution.Executed;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.FaultPlan;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class FaultsTest {
  private final SimulatedComfyUi node = SimulatedComfyUi.start(SimulatorOptions.defaults());
  private final ComfyClient client = new ComfyClient(node.url());

  @AfterEach
  void stops() {
    client.close();
    node.close();
  }

  private JsonNode run(int colour) throws IOException, InterruptedException {
    String id = client.prompt(ComfyClient.sleeping(colour, 0.1), "c");
    return await()
        .until(() -> client.get("/history/" + id).path(id), entry -> !entry.isMissingNode());
  }

  private static String errorOf(JsonNode entry) {
    return entry.at("/status/messages/2/1/exception_type").asString("");
  }

  private int status(String path) throws IOException, InterruptedException {
    return client.send("GET", path, "", Map.of()).statusCode();
  }

  @Test
  void outOfMemoryFailsOnePromptOnly() throws Exception {
    node.faults().once(Fault.OUT_OF_MEMORY);

    assertThat(errorOf(run(1))).isEqualTo("torch.OutOfMemoryError");
    assertThat(run(2).at("/status/status_str").asString()).isEqualTo("success");
  }

  @Test
  void cudaFaultFailsEveryPromptUntilARestart() throws Exception {
    node.faults().once(Fault.CUDA_FAULT);

    assertThat(errorOf(run(1))).isEqualTo("RuntimeError");
    assertThat(errorOf(run(2))).isEqualTo("RuntimeError");
    node.restart();
    assertThat(run(3).at("/status/status_str").asString()).isEqualTo("success");
  }

  @Test
  void deafSocketHearsItsFirstStatusOnly() throws Exception {
    node.faults().once(Fault.DEAF_SOCKET);
    ComfyClient.Socket deaf = client.socket("c");
    ComfyClient.Socket other = client.socket("other");

    run(1);
    await().until(() -> other.heard.size() == 4);

    assertThat(deaf.heard).containsExactly("status 0");
    assertThat(deaf.end).isEmpty();
  }

  @Test
  void socketsDropWithoutCloseFrameWhileTheRunGoesOn() throws Exception {
    node.faults().once(Fault.SOCKET_DROP);
    ComfyClient.Socket socket = client.socket("c");

    JsonNode entry = run(1);

    await().until(socket::isGone);
    assertThat(socket.heard).doesNotContain("execution_success");
    assertThat(entry.at("/status/status_str").asString()).isEqualTo("success");
  }

  @Test
  void restartLosesTheRunningPrompt() throws Exception {
    node.faults().once(Fault.RESTART);

    String id = client.prompt(ComfyClient.sleeping(1, 0.2), "c");
    await().until(() -> node.executions(id) == 1 && node.faults().armed().isEmpty());
    await().ignoreExceptions().until(() -> status("/queue") == 200);

    assertThat(client.get("/queue").path("queue_running")).isEmpty();
    assertThat(client.get("/history")).isEmpty();
  }

  @Test
  void slowStartRefusesConnectionsForItsTime() throws Exception {
    node.crash();
    node.faults().arm(FaultPlan.once(Fault.SLOW_START).lasting(Duration.ofMillis(300)));
    long begun = System.nanoTime();

    assertThatThrownBy(() -> status("/queue")).isInstanceOf(IOException.class);
    node.restart();

    assertThat(System.nanoTime() - begun).isGreaterThan(290_000_000);
    assertThat(status("/queue")).isEqualTo(200);
  }

  @Test
  void lostResponseStillRunsThePrompt() {
    node.faults().once(Fault.LOST_RESPONSE);

    assertThatThrownBy(() -> client.prompt(ComfyClient.sleeping(1, 0), "c"))
        .isInstanceOf(IOException.class);

    await().until(() -> client.get("/history").size() == 1);
    assertThat(node.executed()).hasSize(1);
  }

  @Test
  void hungWorkerKeepsAnsweringAndRunsNothing() throws Exception {
    node.faults().once(Fault.HANG);

    String id = client.prompt(ComfyClient.sleeping(1, 0), "c");
    await().until(() -> client.get("/queue").path("queue_running").size() == 1);
    client.prompt(ComfyClient.sleeping(2, 0), "c");

    assertThat(client.get("/queue").at("/queue_running/0/1").asString()).isEqualTo(id);
    assertThat(client.get("/queue").path("queue_pending")).hasSize(1);
    assertThat(status("/system_stats")).isEqualTo(200);
  }

  @Test
  void longNodeIsInterruptedOnlyAfterItHasEnded() throws Exception {
    node.faults().once(Fault.LONG_NODE);
    String id = client.prompt(ComfyClient.sleeping(1, 1), "c");
    await().until(() -> !node.executed().isEmpty());

    client.send("POST", "/interrupt", "{}", Map.of());

    JsonNode entry =
        await().until(() -> client.get("/history/" + id).path(id), found -> !found.isMissingNode());
    assertThat(entry.at("/status/status_str").asString()).isEqualTo("error");
    Executed run = node.executed().getFirst();
    assertThat(run.outcome()).isEqualTo("interrupted");
    assertThat(Duration.between(run.started(), run.ended()))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void runningPromptTellsAnUnknownStatusAsOftenAsArmed() throws Exception {
    node.faults().arm(FaultPlan.once(Fault.UNKNOWN_STATUS).with("paused"));
    String id = client.prompt(ComfyClient.sleeping(1, 30), "c");
    await().until(() -> node.executions(id) == 1);

    assertThat(client.get("/api/jobs/" + id).path("status").asString()).isEqualTo("paused");
    assertThat(client.get("/api/jobs/" + id).path("status").asString()).isEqualTo("in_progress");
  }

  @Test
  void viewIsMissingAsOftenAsArmed() throws Exception {
    String file = run(1).at("/outputs/3/images/0/filename").asString();
    node.faults().times(Fault.VIEW_MISSING, 2);

    assertThat(status("/view?filename=" + file)).isEqualTo(404);
    assertThat(status("/view?filename=" + file)).isEqualTo(404);
    assertThat(status("/view?filename=" + file)).isEqualTo(200);
  }

  @Test
  void serverErrorsComeInBursts() throws Exception {
    node.faults().arm(FaultPlan.once(Fault.SERVER_ERROR).times(2).with("503"));

    assertThat(status("/queue")).isEqualTo(503);
    assertThat(status("/queue")).isEqualTo(503);
    assertThat(status("/queue")).isEqualTo(200);
  }

  @Test
  void evictedHistoryForgetsAFinishedPrompt() throws Exception {
    node.faults().once(Fault.HISTORY_EVICTED);
    ComfyClient.Socket socket = client.socket("c");

    client.prompt(ComfyClient.sleeping(1, 0), "c");
    await().until(() -> socket.heard.contains("executing null"));

    assertThat(socket.heard).contains("execution_success");
    assertThat(client.get("/history")).isEmpty();
  }

  @Test
  void missingClassIsRefusedWhileArmed() throws Exception {
    node.faults().arm(FaultPlan.once(Fault.NODE_MISSING).latched().with("TestSleep"));
    String body = "{\"prompt\":" + ComfyClient.sleeping(1, 0) + "}";

    assertThat(client.post("/prompt", body).at("/error/type").asString())
        .isEqualTo("missing_node_type");
    assertThat(client.get("/object_info/TestSleep")).isEmpty();
    node.faults().clear();
    assertThat(client.post("/prompt", body).has("prompt_id")).isTrue();
  }

  @Test
  void missingModelIsNotInTheList() throws Exception {
    assertThat(client.get("/models/checkpoints")).hasSize(1);
    node.faults().latch(Fault.MODEL_MISSING);

    assertThat(client.get("/models/checkpoints")).isEmpty();
    assertThat(
            client
                .get("/object_info/CheckpointLoaderSimple")
                .at("/CheckpointLoaderSimple/input/required/ckpt_name/0"))
        .isEmpty();
  }

  @Test
  void blockedExecutionIsFollowedBySuccess() throws Exception {
    node.faults().once(Fault.EXECUTION_BLOCKED);
    ComfyClient.Socket socket = client.socket("c");

    JsonNode entry = run(1);

    await().until(() -> socket.heard.contains("executing null"));
    assertThat(socket.heard).containsSubsequence("execution_error", "execution_success");
    assertThat(entry.at("/status/status_str").asString()).isEqualTo("success");
  }

  @Test
  void floodAndOversizedFrameReachTheOwner() throws Exception {
    node.faults().arm(FaultPlan.once(Fault.PROGRESS_FLOOD).with("500"));
    node.faults().arm(FaultPlan.once(Fault.OVERSIZED_FRAME).with("3000000"));
    ComfyClient.Socket socket = client.socket("c");

    run(1);

    await().until(() -> socket.heard.contains("executing null"));
    assertThat(socket.heard.stream().filter("progress"::equals).count()).isGreaterThan(1000);
    assertThat(socket.texts).anyMatch(m -> m.at("/data/filler").asString("").length() == 3_000_000);
  }

  @Test
  void controlEndpointArmsListsAndClears() throws Exception {
    JsonNode armed = client.post("/simulator/faults", "{\"fault\":\"out_of_memory\",\"times\":2}");

    assertThat(armed.at("/0/fault").asString()).isEqualTo("out_of_memory");
    assertThat(errorOf(run(1))).isEqualTo("torch.OutOfMemoryError");
    assertThat(client.get("/simulator/faults").at("/0/times").asInt()).isEqualTo(1);
    client.send("DELETE", "/simulator/faults", "", Map.of());
    assertThat(errorOf(run(2))).isEmpty();
    assertThat(client.get("/simulator/executed")).hasSize(2);
    assertThat(client.post("/simulator/faults", "{\"fault\":\"nonsense\"}").has("error")).isTrue();
  }

  @Test
  void oneFaultIsClearedByItsNameAndTheOthersStay() throws Exception {
    client.post("/simulator/faults", "{\"fault\":\"hang\"}");
    client.post("/simulator/faults", "{\"fault\":\"view_missing\"}");

    client.send("DELETE", "/simulator/faults?fault=hang", "", Map.of());

    assertThat(client.get("/simulator/faults").findValuesAsString("fault"))
        .containsExactly("view_missing");
  }

  @Test
  void restartInTheMiddleOfARestartLeavesItAlive() throws Exception {
    for (int i = 0; i < 3; i++) {
      client.send("POST", "/simulator/restart", "", Map.of());
    }

    await()
        .ignoreExceptions()
        .during(Duration.ofMillis(300))
        .until(() -> client.get("/system_stats").has("system"));
  }
}
