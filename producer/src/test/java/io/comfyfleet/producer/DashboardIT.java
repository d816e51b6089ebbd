package io.comfyfleet.producer;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Output;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Timings;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.node.RunningJob;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard in a real browser, with a fleet behind it that tells what real ones tell. */
class DashboardIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();

  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final String ALERT = "<script>alert(1)</script>";
  private static final String RUN = "scene.42";

  @TempDir static Path folder;

  private static Producer producer;
  private static FakeWorker worker;
  private static Chromium browser;
  private static List<Job> jobs;

  @BeforeAll
  static void fleetAtWork() throws Exception {
    producer = Producer.start(BROKER.uri(), folder);
    worker = new FakeWorker(BROKER.uri());
    worker.listen();
    browser = new Chromium();
    List<Map<String, Object>> asked = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      asked.add(Producer.image(i == 0 ? ALERT : "a fox in the snow, take " + i));
    }
    assertThat(producer.post("/api/runs", Map.of("run_id", RUN, "jobs", asked)).status())
        .isEqualTo(202);
    jobs = worker.takeJobs("image", 9);
    for (int i = 0; i < 6; i++) {
      succeed(jobs.get(i), "gpu-" + (i % 3 + 1), i);
    }
    fail(jobs.get(6));
    for (String doomed : List.of("first", "second")) {
      producer.post("/api/comfyui/dispatch", Producer.image("doomed, the " + doomed));
      FakeWorker.Taken taken = worker.take("fleet.jobs.image");
      worker.bury(taken, ErrorCode.OUT_OF_MEMORY);
      worker.fail(taken.job());
    }
    producer.post("/api/comfyui/dispatch", Map.of("type", "video", "prompt", "waves"));
    beat("gpu-1", NodeState.BUSY, null, jobs.get(7));
    beat("gpu-2", NodeState.ONLINE, null);
    beat("gpu-3", NodeState.PAUSED, "an operator paused it");
    beat("gpu-4", NodeState.UNHEALTHY, "CUDA error: an illegal memory access was encountered");
    Awaitility.await("results and nodes")
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            producer.get("/api/stats").body().path("succeeded").asInt() == 6
                && producer.get("/api/stats").body().path("failed").asInt() == 3
                && producer.get("/api/nodes").body().path("nodes").size() == 4);
  }

  @AfterAll
  static void close() throws IOException {
    browser.close();
    worker.close();
    producer.close();
  }

  @AfterEach
  void noPageComplained() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void everyPageIsWholeOnAPhoneAndOnADesk() {
    Map<String, String> pages =
        Map.of(
            "overview", "/",
            "nodes", "/nodes",
            "runs", "/runs",
            "run", "/runs/" + RUN,
            "job", "/jobs/" + jobs.getFirst().jobId(),
            "failed", "/jobs/" + jobs.get(6).jobId(),
            "queues", "/queues",
            "dead", "/dead",
            "letter", "/dead/" + letter(),
            "template", "/templates/image");
    for (Page page :
        List.of(browser.open(390, 844, "zh-CN", true), browser.open(1280, 900, "en", false))) {
      pages.forEach((name, path) -> {
        Response response = page.navigate(producer.base() + path);
        assertThat(response.status()).as(path).isEqualTo(200);
        assertThat(page.locator("h1")).isVisible();
        assertThat(page.content()).doesNotContain("??");
        int width = page.viewportSize().width;
        page.screenshot(
            new Page.ScreenshotOptions()
                .setFullPage(true)
                .setPath(SCREENSHOTS.resolve(name + "-" + width + ".png")));
        assertThat((int) page.evaluate("document.documentElement.scrollWidth"))
            .as(path + " at " + width)
            .isLessThanOrEqualTo(width);
      });
      page.context().close();
    }
  }

  @Test
  void overviewSaysInWordsWhatIsWrong() {
    Page page = browser.open(1280, 900, "en", false);
    page.navigate(producer.base() + "/");

    assertThat(page.locator(".troubles"))
        .containsText("in the lane \"video\" and no node serves it now");
    assertThat(page.locator(".troubles")).containsText("gpu-4 takes no jobs: CUDA error");
    assertThat(page.locator("#throughput canvas")).isVisible();
    assertThat(page.locator(".shots img")).hasCount(6);
  }

  @Test
  void figuresChangeWithoutReload() {
    Page page = browser.open(1280, 900, "en", false);
    page.navigate(producer.base() + "/");
    page.evaluate("window.notReloaded = true");
    String before = page.locator("#figure-waiting").textContent();

    producer.post("/api/comfyui/dispatch", Map.of("type", "video", "prompt", "more waves"));

    String after = String.valueOf(Integer.parseInt(before) + 1);
    assertThat(page.locator("#figure-waiting")).hasText(after);
    assertThat(page.evaluate("window.notReloaded")).isEqualTo(true);
  }

  @Test
  void timelineShowsWhatTheMachinesSavedTogether() {
    Page page = browser.open(1280, 900, "en", false);
    page.navigate(producer.base() + "/runs/" + RUN);

    assertThat(page.locator(".timeline .lane svg").first()).isVisible();
    assertThat(page.locator(".speedup")).containsText("as fast");
    assertThat(page.locator("rect.is-failed")).hasCount(2);
    assertThat(page.locator("rect.is-running")).hasCount(1);
    assertThat(page.locator(".gallery > li")).hasCount(9);
  }

  @Test
  void buttonsReachTheNode() {
    Page page = browser.open(390, 844, "en", false);
    page.navigate(producer.base() + "/nodes");

    page.locator("#pause-gpu-2").click();
    assertThat(page.locator("#toast")).containsText("gpu-2 was told to take no more jobs");
    FakeWorker.Word word = worker.word();
    assertThat(word.to()).isEqualTo("node.gpu-2");
    assertThat(word.message()).isInstanceOf(ControlMessage.Pause.class);

    page.locator("#more-gpu-2").click();
    assertThat(worker.word().message()).isEqualTo(new ControlMessage.Slots(3));
  }

  @Test
  void whatSendersWroteIsShownAsText() {
    Page page = browser.open(1280, 900, "en", false);
    page.navigate(producer.base() + "/jobs/" + jobs.getFirst().jobId());
    assertThat(page.locator(".prompt")).hasText(ALERT);

    String odd = "/runs/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E".replace("%2F", "");
    HttpResponse<String> missing = get(odd, "Accept", "text/html");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.body()).contains("&lt;script&gt;alert(1)").doesNotContain("<script>alert");
  }

  @Test
  void templateIsTriedFromAForm() {
    Page page = browser.open(390, 844, "en", false);
    page.navigate(producer.base() + "/templates");
    page.locator("a.button[href='/templates/image']").click();

    page.locator("[name='param.prompt']").fill("a lighthouse");
    page.locator("form button[type=submit]").click();

    assertThat(page.locator(".prompt")).hasText("a lighthouse");
    assertThat(page.url()).contains("/jobs/");
    worker.take("fleet.jobs.image");
  }

  @Test
  void letterIsEditedAndReplayed() {
    Page page = browser.open(390, 844, "en", false);
    page.navigate(producer.base() + "/dead");
    page.locator("td a").first().click();

    page.locator("#edit").fill("{\"priority\": 9");
    page.locator("form button").click();
    assertThat(page.locator("#toast")).containsText("This is not a JSON object");
    page.locator("#edit").fill("{\"priority\": 9}");
    page.locator("form button").click();

    assertThat(worker.take("fleet.jobs.image").job().priority()).isEqualTo(9);
    page.waitForURL("**/dead");
    assertThat(page.locator("tbody tr")).hasCount(1);
  }

  @Test
  void refusedValueIsToldBesideTheForm() {
    HttpResponse<String> refused =
        post("/templates/image", "param.prompt=fox&priority=77", "Accept", "text/html");

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("role=\"alert\"", "priority");
  }

  @Test
  void readerChoosesLanguageAndColours() {
    Page page = browser.open(1280, 900, "en", false);
    page.navigate(producer.base() + "/queues");

    page.locator(".prefs > a").click();
    assertThat(page.locator("h1")).hasText("队列");
    page.locator(".themes a").last().click();
    assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
    assertThat(page.locator("h1")).hasText("队列");
    assertThat(page.url()).endsWith("/queues");
  }

  @Test
  void pageOfAnotherSiteChangesNothing() {
    for (String path :
        List.of("/api/nodes/gpu-1/drain", "/api/comfyui/dispatch", "/templates/image")) {
      HttpResponse<String> refused = post(path, "", "Origin", "https://evil.example");
      assertThat(refused.statusCode()).as(path).isEqualTo(403);
      assertThat(refused.body()).contains("urn:comfyfleet:problem:cross-site");
      assertThat(post(path, "", "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
    }
    HttpResponse<String> own = post("/api/nodes/nobody/drain", "", "Origin", producer.base());
    assertThat(own.statusCode()).isEqualTo(404);
  }

  @Test
  void programsGetProblemsAndBrowsersGetPages() {
    HttpResponse<String> page = get("/nowhere", "Accept", "text/html,*/*;q=0.8");
    assertThat(page.statusCode()).isEqualTo(404);
    assertThat(page.body()).contains("<!DOCTYPE html>", "/nowhere");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("script-src 'self'");

    HttpResponse<String> problem = get("/nowhere", "Accept", "*/*");
    assertThat(problem.statusCode()).isEqualTo(404);
    assertThat(problem.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/problem+json");
  }

  @Test
  void queuesAreToldByLane() {
    var queues = producer.get("/api/queues").body();

    var image = queues.path("lanes").get(0);
    assertThat(image.path("lane").asString()).isEqualTo("image");
    assertThat(image.path("running").asInt()).isEqualTo(1);
    assertThat(image.path("no_server").asBoolean()).isFalse();
    assertThat(image.path("served_by").size()).isEqualTo(2);
    var video = queues.path("lanes").get(1);
    assertThat(video.path("waiting").asInt()).isPositive();
    assertThat(video.path("ready").asInt()).isEqualTo(video.path("waiting").asInt());
    assertThat(video.path("no_server").asBoolean()).isTrue();
    assertThat(queues.path("dead").asInt()).isPositive();
  }

  private static String letter() {
    return producer.get("/api/dead-letters").body().at("/letters/0/id").asString();
  }

  private static void beat(String node, NodeState state, String reason, Job... held) {
    List<RunningJob> running =
        IntStream.range(0, held.length)
            .mapToObj(i ->
                new RunningJob(
                    held[i].jobId(), held[i].runId(), 1, RunningJob.Phase.RUN, 0.4, Instant.now()))
            .toList();
    worker.tell(
        new Heartbeat(
            node,
            state,
            reason,
            URI.create("http://127.0.0.1:8188"),
            "0.33.0",
            "0.1.0",
            Map.of("image", 2),
            2,
            "fastest",
            running,
            running.size(),
            state == NodeState.BUSY ? 97 : 3,
            64,
            null,
            null,
            null,
            Map.of("image", 2.5),
            40,
            1,
            Duration.ofMinutes(2),
            Instant.now(),
            Instant.now()));
  }

  private static void succeed(Job job, String node, int i) throws Exception {
    UUID artifact = UUID.randomUUID();
    byte[] picture = picture(i);
    HttpResponse<String> stored =
        send(
            HttpRequest.newBuilder(
                    URI.create(
                        producer.base() + "/api/artifacts/" + artifact + "?filename=fox.png"))
                .header("Content-Type", "image/png")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(picture)));
    assertThat(stored.statusCode()).isEqualTo(201);
    Output output =
        new Output(
            "9",
            OutputKind.IMAGE,
            artifact,
            "fox.png",
            "image/png",
            picture.length,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            URI.create("http://127.0.0.1:8080/api/artifacts/" + artifact + "/fox.png"),
            null);
    Instant end = Instant.now().minusSeconds(20).plusSeconds(i / 3 * 4L + i % 3);
    worker.report(
        Result.succeeded(
            job, node, List.of(output), false, new Timings(800, 120, 3200 + 100L * i, 90), end));
  }

  private static void fail(Job job) {
    Instant end = Instant.now().minusSeconds(8);
    JobError error =
        new JobError(
            ErrorCode.OUT_OF_MEMORY,
            "gpu-2 ran out of memory in node 3 (KSampler), twice; use a smaller picture",
            true,
            null,
            "torch.OutOfMemoryError");
    Job second = job.nextAttempt(new Attempt(1, "gpu-2", end.minusSeconds(3), end, error));
    worker.report(
        Result.ended(
            second,
            ResultStatus.FAILED,
            "gpu-1",
            new Timings(5, 20, 2000, 0),
            error,
            end.plusSeconds(4)));
  }

  private static byte[] picture(int i) throws IOException {
    BufferedImage image = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    Color from = Color.getHSBColor(i / 7f, 0.6f, 0.9f);
    graphics.setPaint(new GradientPaint(0, 0, from, 256, 256, from.darker().darker()));
    graphics.fillRect(0, 0, 256, 256);
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  private static HttpResponse<String> get(String path, String... headers) {
    return send(HttpRequest.newBuilder(URI.create(producer.base() + path)).headers(headers));
  }

  private static HttpResponse<String> post(String path, String form, String... headers) {
    return send(
        HttpRequest.newBuilder(URI.create(producer.base() + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
