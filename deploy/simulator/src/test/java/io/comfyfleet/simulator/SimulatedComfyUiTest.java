package io.comfyfleet.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.simulator.execution.Executed;
import io.comfyfleet.simulator.setup.Flavour;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class SimulatedComfyUiTest {
  private SimulatedComfyUi node = SimulatedComfyUi.start(SimulatorOptions.defaults());
  private ComfyClient client = new ComfyClient(node.url());

  @AfterEach
  void stops() {
    client.close();
    node.close();
  }

  private void startAnother(SimulatorOptions options) {
    stops();
    node = SimulatedComfyUi.start(options);
    client = new ComfyClient(node.url());
  }

  private JsonNode finished(String id) {
    return await().until(() -> historyOf(id), entry -> !entry.isMissingNode());
  }

  private JsonNode historyOf(String id) throws IOException, InterruptedException {
    return client.get("/history/" + id).path(id);
  }

  private String post(ObjectNode graph, String more) throws IOException, InterruptedException {
    String body = "{\"prompt\":" + graph + more + "}";
    return client.post("/prompt", body).path("prompt_id").asString();
  }

  @Test
  void equalGraphIsServedFromTheCacheUnderItsOldName() throws Exception {
    ObjectNode graph = ComfyClient.sleeping(1, 0);

    JsonNode first = finished(post(graph, ""));
    JsonNode again = finished(post(graph, ""));

    assertThat(again.path("outputs")).isEqualTo(first.path("outputs"));
    assertThat(again.at("/status/messages/1/1/nodes")).hasSize(3);
    assertThat(node.executed()).extracting(run -> run.rendered().size()).containsExactly(3, 0);
  }

  @Test
  void whatWasRunTellsTheFleetsJobOrNull() throws Exception {
    finished(post(ComfyClient.sleeping(1, 0), ",\"extra_data\":{\"fleet_job_id\":\"job-7\"}"));
    finished(post(ComfyClient.sleeping(2, 0), ""));

    JsonNode told = client.get("/simulator/executed");

    assertThat(told.at("/0/fleet_job_id").asString()).isEqualTo("job-7");
    assertThat(told.at("/1/fleet_job_id").isNull()).isTrue();
  }

  @Test
  void promptsRunByNumberAndFrontGoesFirst() throws Exception {
    String running = post(ComfyClient.sleeping(1, 0.4), "");
    await().until(() -> client.get("/queue").path("queue_running").size() == 1);
    String second = post(ComfyClient.sleeping(2, 0), "");
    String half = post(ComfyClient.sleeping(3, 0), ",\"number\":0.5");
    String front = post(ComfyClient.sleeping(4, 0), ",\"front\":true");

    finished(second);

    assertThat(node.executed())
        .extracting(Executed::promptId)
        .containsExactly(running, front, half, second);
  }

  @Test
  void equalNumberAndIdStumbleOverTheHeap() throws Exception {
    String id = UUID.randomUUID().toString();
    post(ComfyClient.sleeping(1, 0.5), "");
    String more = ",\"number\":5,\"prompt_id\":\"" + id + "\"";
    post(ComfyClient.sleeping(2, 0), more);

    int status =
        client
            .send(
                "POST",
                "/prompt",
                "{\"prompt\":" + ComfyClient.sleeping(3, 0) + more + "}",
                Map.of())
            .statusCode();

    assertThat(status).isEqualTo(500);
  }

  @Test
  void interruptEndsTheRunAtItsNextStep() throws Exception {
    ComfyClient.Socket socket = client.socket("c");
    String id = client.prompt(ComfyClient.sleeping(1, 60), "c");
    await().until(() -> socket.heard.contains("executing 2"));

    client.send("POST", "/interrupt", "{\"prompt_id\":\"" + UUID.randomUUID() + "\"}", Map.of());
    assertThat(client.get("/api/jobs/" + id).path("status").asString()).isEqualTo("in_progress");
    client.send("POST", "/interrupt", "{\"prompt_id\":\"" + id + "\"}", Map.of());

    JsonNode entry = finished(id);
    assertThat(entry.at("/status/status_str").asString()).isEqualTo("error");
    assertThat(entry.at("/status/messages/2/0").asString()).isEqualTo("execution_interrupted");
    assertThat(client.get("/api/jobs/" + id).path("status").asString()).isEqualTo("cancelled");
    await().until(() -> socket.heard.contains("executing null"));
    assertThat(socket.heard).endsWith("execution_interrupted", "status 0", "executing null");
  }

  @Test
  void deletedPendingPromptLeavesNoTrace() throws Exception {
    String running = post(ComfyClient.sleeping(1, 0.3), "");
    String pending = post(ComfyClient.sleeping(2, 0), "");

    client.send("POST", "/queue", "{\"delete\":[\"" + pending + "\"]}", Map.of());
    finished(running);

    assertThat(client.get("/history/" + pending)).isEmpty();
    assertThat(client.get("/api/jobs/" + pending).path("error").asString())
        .isEqualTo("Job not found");
    assertThat(node.executions(pending)).isZero();
  }

  @Test
  void newerSocketGoesDeafWhenTheOlderOneEnds() throws Exception {
    ComfyClient.Socket older = client.socket("same");
    ComfyClient.Socket newer = client.socket("same");
    ComfyClient.Socket bystander = client.socket("other");
    await().until(() -> newer.heard.size() == 1 && bystander.heard.size() == 1);
    finished(client.prompt(ComfyClient.sleeping(1, 0), "same"));
    await().until(() -> newer.heard.contains("executing null"));
    assertThat(older.heard).containsExactly("status 0");
    int before = newer.heard.size();

    older.webSocket().sendClose(1000, "").join();
    await().until(() -> older.end.startsWith("close"));
    finished(client.prompt(ComfyClient.sleeping(2, 0), "same"));
    await().until(() -> bystander.heard.size() == 7);

    assertThat(newer.heard).hasSize(before);
    assertThat(newer.end).isEmpty();
  }

  @Test
  void reconnectedSocketHearsTheRunningNodeFirst() throws Exception {
    ComfyClient.Socket first = client.socket("c");
    client.prompt(ComfyClient.sleeping(1, 60), "c");
    await().until(() -> first.heard.contains("executing 2"));
    first.webSocket().sendClose(1000, "").join();
    await().until(() -> first.end.startsWith("close"));

    ComfyClient.Socket second = client.socket("c");
    await().until(() -> second.heard.size() >= 3);

    assertThat(second.heard).startsWith("status 1", "executing 2", "progress");
    assertThat(second.texts.get(1).path("data").has("prompt_id")).isFalse();
  }

  @Test
  void crashCutsSocketsAndRestartForgetsQueueAndHistory() throws Exception {
    String done = post(ComfyClient.sleeping(1, 0), "");
    JsonNode entry = finished(done);
    ComfyClient.Socket socket = client.socket("c");
    String cut = client.prompt(ComfyClient.sleeping(2, 60), "c");
    await().until(() -> socket.heard.contains("executing 2"));

    node.crash();

    await().until(() -> !socket.end.isEmpty());
    assertThat(socket.end).matches("close 1006|error .*");
    assertThatThrownBy(() -> client.get("/queue")).isInstanceOf(IOException.class);
    node.restart();
    assertThat(client.get("/history")).isEmpty();
    assertThat(client.get("/history/" + done)).isEmpty();
    assertThat(client.get("/queue").path("queue_running")).isEmpty();
    String file = entry.at("/outputs/3/images/0/filename").asString();
    assertThat(client.send("GET", "/view?filename=" + file, "", Map.of()).statusCode())
        .isEqualTo(200);
    JsonNode next = finished(post(ComfyClient.sleeping(3, 0), ""));
    assertThat(next.at("/outputs/3/images/0/filename").asString()).isEqualTo("job_00002_.png");
    assertThat(next.at("/prompt/0").asInt()).isZero();
    assertThat(node.executions(cut)).isOne();
  }

  @Test
  void oldServerWedgesOnNullExtraData() throws Exception {
    startAnother(SimulatorOptions.defaults().withFlavour(Flavour.V0_3_64));

    String wedged = post(ComfyClient.sleeping(1, 0), ",\"extra_data\":null");
    post(ComfyClient.sleeping(2, 0), "");
    await().until(() -> client.get("/queue").path("queue_running").size() == 1);

    client.send("POST", "/interrupt", "", Map.of());
    assertThat(client.get("/queue").at("/queue_running/0/1").asString()).isEqualTo(wedged);
    assertThat(client.get("/prompt").at("/exec_info/queue_remaining").asInt()).isEqualTo(2);
    assertThat(client.send("GET", "/system_stats", "", Map.of()).statusCode()).isEqualTo(200);
    assertThat(node.executed()).isEmpty();
  }

  @Test
  void nullPngInfoBreaksTheJobListUntilTheHistoryIsCleared() throws Exception {
    finished(post(ComfyClient.sleeping(1, 0), ",\"extra_data\":{\"extra_pnginfo\":null}"));

    assertThat(client.send("GET", "/api/jobs", "", Map.of()).statusCode()).isEqualTo(500);
    client.send("POST", "/history", "{\"clear\":true}", Map.of());
    assertThat(client.send("GET", "/api/jobs", "", Map.of()).statusCode()).isEqualTo(200);
  }

  @Test
  void samplerPromptShowsProgressInStepsAndTakesItsModel() throws Exception {
    startAnother(SimulatorOptions.defaults().withSeconds(0.3).withModelSwitchSeconds(0.2));
    ObjectNode graph = (ObjectNode) JsonMapper.shared().readTree(SAMPLER);

    ComfyClient.Socket socket = client.socket("c");
    JsonNode entry = finished(client.prompt(graph, "c"));

    assertThat(entry.at("/outputs/7/images")).hasSize(1);
    List<JsonNode> steps =
        socket.texts.stream().filter(m -> m.path("type").asString().equals("progress")).toList();
    assertThat(steps).isNotEmpty().allMatch(m -> !m.at("/data/node").asString().isEmpty());
    assertThat(steps.getLast().at("/data/node").asString()).isEqualTo("5");
  }

  private static final String SAMPLER =
      """
      {"1":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"sd.safetensors"}},
       "2":{"class_type":"CLIPTextEncode","inputs":{"text":"a","clip":["1",1]}},
       "3":{"class_type":"CLIPTextEncode","inputs":{"text":"b","clip":["1",1]}},
       "4":{"class_type":"EmptyLatentImage","inputs":{"width":64,"height":64,"batch_size":1}},
       "5":{"class_type":"KSampler","inputs":{"model":["1",0],"seed":18446744073709551615,
         "steps":3,"cfg":7,"sampler_name":"euler","scheduler":"normal","positive":["2",0],
         "negative":["3",0],"latent_image":["4",0],"denoise":1}},
       "6":{"class_type":"VAEDecode","inputs":{"samples":["5",0],"vae":["1",2]}},
       "7":{"class_type":"SaveImage","inputs":{"images":["6",0],"filename_prefix":"s"}}}
      """;
}
