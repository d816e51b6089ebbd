package io.comfyfleet.worker.comfy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.comfyfleet.worker.Jobs;
import io.comfyfleet.worker.ScriptedComfyUi;
import io.comfyfleet.worker.ScriptedComfyUi.Answer;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against answers as recorded from ComfyUI 0.33.0 and 0.3.64. */
class ComfyClientTest {
  private static final String HISTORY =
      """
      {"outputs":{"2":{"images":[{"filename":"a_00001_.png","subfolder":"s","type":"output"},\
      {"filename":"t.png","subfolder":"","type":"temp"}]},"3":{"images":[{"filename":"v.mp4",\
      "subfolder":"","type":"output"}],"animated":[true]},"4":{"gifs":[{"filename":"w.mp4",\
      "subfolder":"","type":"output","fullpath":"/secret/w.mp4"}]},"5":{"text":["words"]}},\
      "%s":{"status_str":"%s","completed":true,"messages":[["execution_cached",\
      {"nodes":["1"]}],%s]}}\
      """;

  private final UUID id = UUID.fromString("83032fcc-c1a7-45bc-9f01-8abb4ecd8a65");
  private ScriptedComfyUi server;
  private ComfyClient client;

  @BeforeEach
  void start() {
    server = new ScriptedComfyUi();
    client = client(Duration.ofSeconds(2));
  }

  private ComfyClient client(Duration s) {
    return new ComfyClient(
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(),
        new ComfyProperties(server.url(), s, s, s, s, s, s, s),
        "me");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void submitSendsTheGraphUnderItsIdWithoutAnOrigin() {
    server.on(
        "POST /prompt", 200, "{\"prompt_id\":\"" + id + "\",\"number\":6,\"node_errors\":{}}");

    Map<String, Object> errors = client.submit(id, Jobs.picture(0), Map.of("job", "x"));

    assertThat(errors).isEmpty();
    assertThat(server.calls().getFirst().origin()).isEqualTo("null");
    assertThat(server.calls().getFirst().body())
        .contains("\"prompt_id\":\"" + id, "\"client_id\":\"me\"", "EmptyImage");
  }

  @Test
  void submitHandsOutNodeErrorsOfAnAcceptedGraph() {
    server.on(
        "POST /prompt",
        200,
        "{\"prompt_id\":\"" + id + "\",\"number\":6,\"node_errors\":{\"5\":{\"errors\":[]}}}");

    assertThat(client.submit(id, Jobs.picture(0), Map.of())).containsOnlyKeys("5");
  }

  @Test
  void refusalCarriesTypeAndNodeErrors() {
    server.on(
        "POST /prompt",
        400,
        """
        {"error":{"type":"prompt_outputs_failed_validation","message":"Prompt outputs failed \
        validation","details":"","extra_info":{}},"node_errors":{"4":{"errors":[]}}}\
        """);

    ComfyException.Refused refusal =
        catchThrowableOfType(
            ComfyException.Refused.class, () -> client.submit(id, Jobs.picture(0), Map.of()));

    assertThat(refusal.type()).isEqualTo("prompt_outputs_failed_validation");
    assertThat(refusal.nodeErrors()).containsOnlyKeys("4");
  }

  @Test
  void refusalInPlainTextIsStillARefusal() {
    server.on("POST /prompt", new Answer(413, "text/plain", "Maximum request body size exceeded"));

    assertThatThrownBy(() -> client.submit(id, Jobs.picture(0), Map.of()))
        .isInstanceOf(ComfyException.Refused.class)
        .hasMessageContaining("413");
  }

  @Test
  void serverErrorIsACrash() {
    server.on("POST /prompt", new Answer(500, "text/plain", "Server got itself in trouble"));

    assertThatThrownBy(() -> client.submit(id, Jobs.picture(0), Map.of()))
        .isInstanceOf(ComfyException.Crashed.class);
  }

  @Test
  void cutConnectionIsUnreachable() {
    server.cut("GET /system_stats");

    assertThatThrownBy(client::systemStats).isInstanceOf(ComfyException.Unreachable.class);
  }

  @Test
  void answerThatStopsHalfwayIsUnreachable() {
    server.stopHalfway("GET /system_stats");

    assertThatThrownBy(client::systemStats)
        .isInstanceOf(ComfyException.Unreachable.class)
        .hasMessageContaining("to its end within 2000 ms");
  }

  @Test
  void answerThatIsTooLargeToHoldIsNotRead() {
    String text = "x".repeat(ComfyHttp.LARGEST_ANSWER);
    server.on("GET /api/jobs/" + id, 200, "{\"text\":\"" + text + "\"}");

    assertThatThrownBy(() -> client(Duration.ofSeconds(60)).look(id))
        .isInstanceOf(ComfyException.TooLarge.class);
  }

  @Test
  void statusThatNoVersionHasHadSoFarIsNotUnderstood() {
    server.on("GET /api/jobs/" + id, 200, "{\"status\":\"paused\"}");

    assertThatThrownBy(() -> client.look(id))
        .isInstanceOf(ComfyException.NotUnderstood.class)
        .hasMessageContaining("paused");
  }

  @Test
  void foreignServerIsABadAnswer() {
    server.on("GET /system_stats", new Answer(200, "text/html", "<html>"));

    assertThatThrownBy(client::systemStats).isInstanceOf(ComfyException.BadAnswer.class);
  }

  @Test
  void newServerTellsAllStatesByItsJobs() {
    String route = "GET /api/jobs/" + id;
    server
        .on(route, 404, "{\"error\":\"Job not found\"}")
        .on(route, 200, "{\"status\":\"pending\"}")
        .on(route, 200, "{\"status\":\"in_progress\"}")
        .on(route, 200, ended("execution_status", "completed", "success", "execution_success"));

    assertThat(client.look(id)).isInstanceOf(PromptStatus.Absent.class);
    assertThat(client.look(id)).isInstanceOf(PromptStatus.Pending.class);
    assertThat(client.look(id)).isInstanceOf(PromptStatus.Running.class);
    assertThat(client.look(id)).isInstanceOf(PromptStatus.Ended.class);
    assertThat(server.calls("GET /queue")).isEmpty();
  }

  @Test
  void oldServerIsAskedByQueueAndHistory() {
    String item = "[6,\"" + id + "\",{},{},[\"2\"]]";
    server
        .on("GET /queue", 200, "{\"queue_running\":[],\"queue_pending\":[" + item + "]}")
        .on("GET /queue", 200, "{\"queue_running\":[" + item + "],\"queue_pending\":[]}")
        .on("GET /queue", 200, "{\"queue_running\":[],\"queue_pending\":[]}")
        .on("GET /history/" + id, 200, "{}")
        .on(
            "GET /history/" + id,
            200,
            "{\"" + id + "\":" + ended("status", "x", "success", "execution_success") + "}");

    assertThat(client.look(id)).isInstanceOf(PromptStatus.Pending.class);
    assertThat(client.look(id)).isInstanceOf(PromptStatus.Running.class);
    assertThat(client.look(id)).isInstanceOf(PromptStatus.Absent.class);
    assertThat(client.look(id)).isInstanceOf(PromptStatus.Ended.class);
  }

  @Test
  void outputsAreCollectedByShapeWithoutPreviews() {
    server.on(
        "GET /api/jobs/" + id,
        200,
        ended("execution_status", "completed", "success", "execution_success"));

    PromptEnd end = ((PromptStatus.Ended) client.look(id)).end();

    assertThat(end.how()).isEqualTo(PromptEnd.How.SUCCEEDED);
    assertThat(end.cachedNodes()).isEqualTo(1);
    assertThat(end.outputs())
        .containsExactly(
            new PromptOutput.StoredFile("2", "images", 0, "a_00001_.png", "s", "output"),
            new PromptOutput.StoredFile("3", "images", 0, "v.mp4", "", "output"),
            new PromptOutput.StoredFile("4", "gifs", 0, "w.mp4", "", "output"),
            new PromptOutput.Text("5", "words"));
  }

  @Test
  void interruptAndErrorAreToldApartThoughBothHaveStatusError() {
    String route = "GET /api/jobs/" + id;
    server
        .on(route, 200, ended("execution_status", "cancelled", "error", "execution_interrupted"))
        .on(route, 200, ended("execution_status", "failed", "error", "execution_error"));

    PromptEnd interrupted = ((PromptStatus.Ended) client.look(id)).end();
    PromptEnd failed = ((PromptStatus.Ended) client.look(id)).end();

    assertThat(interrupted.how()).isEqualTo(PromptEnd.How.INTERRUPTED);
    assertThat(failed.how()).isEqualTo(PromptEnd.How.FAILED);
    assertThat(failed.failure())
        .isEqualTo(new PromptEnd.Failure("7", "KSampler", "RuntimeError", "boom"));
  }

  @Test
  void cancelOnAnOldServerTouchesOnlyThatPrompt() {
    server
        .on("POST /api/jobs/" + id + "/cancel", 405, "")
        .on("POST /queue", 200, "")
        .on("POST /interrupt", 200, "");

    client.cancel(id);

    assertThat(server.calls("POST /queue").getFirst().body())
        .isEqualTo("{\"delete\":[\"" + id + "\"]}");
    assertThat(server.calls("POST /interrupt").getFirst().body())
        .isEqualTo("{\"prompt_id\":\"" + id + "\"}");
  }

  @Test
  void uploadUsesTheNameThatComfyUiAnswers() {
    server.on(
        "POST /upload/image",
        200,
        "{\"name\":\"in (1).png\",\"subfolder\":\"sub\",\"type\":\"input\"}");

    UploadedFile file =
        client.upload(
            "in.png",
            () -> new ByteArrayInputStream("bytes".getBytes(StandardCharsets.UTF_8)),
            Duration.ofSeconds(2));

    assertThat(file.inputValue()).isEqualTo("sub/in (1).png");
    assertThat(server.calls().getFirst().body())
        .contains("name=\"image\"; filename=\"in.png\"", "\r\n\r\nbytes\r\n--");
  }

  /** On an old server the history's own status comes last and so wins over the first. */
  private static String ended(String key, String status, String statusStr, String event) {
    String data =
        "{\"node_id\":\"7\",\"node_type\":\"KSampler\",\"exception_type\":\"RuntimeError\","
            + "\"exception_message\":\"boom\\n\"}";
    String history = HISTORY.formatted(key, statusStr, "[\"" + event + "\"," + data + "]");
    return "{\"status\":\"" + status + "\"," + history.substring(1);
  }
}
