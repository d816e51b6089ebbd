package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.balancer.Balancer;
import io.comfyfleet.balancer.BalancerFile;
import io.comfyfleet.balancer.BalancerFile.Machine;
import io.comfyfleet.balancer.BalancerProgram;
import io.comfyfleet.bench.Pictures.Picture;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.Project;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Plan C with the shipped files: real nginx and HAProxy, machines that are killed. */
class BalancerFailoverIT {
  private static final int PICTURES = 18;
  private static final double SECONDS = 0.25;

  @TempDir static Path logs;
  private static WrapperMachines machines;
  private static HttpClient http;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    machines = new WrapperMachines(new Project(Path.of("../..")), logs, 3);
    machines.pace(List.of(SECONDS, SECONDS, SECONDS));
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    machines.close();
    http.close();
  }

  @AfterEach
  void allMachinesRunAgain() {
    machines.revive(1);
    machines.pace(List.of(SECONDS));
  }

  @ParameterizedTest
  @EnumSource
  void everyPictureOfAKilledMachineIsMadeByAnother(BalancerProgram program) {
    try (Balancer balancer = start(file(program))) {
      List<Picture> pictures = askWhileTheFirstIsKilled(balancer);

      assertThat(pictures)
          .allSatisfy(picture -> assertThat(picture).isEqualTo(new Picture(picture.node(), 1)));
      assertThat(pictures).extracting(Picture::node).contains("gpu2", "gpu3").doesNotContainNull();
    }
  }

  @Test
  void withoutLeaveToSendAgainThePicturesUnderWayFailOnceAndNoOther() {
    var strict =
        new BalancerFile(
            BalancerProgram.NGINX,
            file(BalancerProgram.NGINX).text().replace(" non_idempotent", ""));
    try (Balancer balancer = start(strict)) {
      List<Picture> pictures = askWhileTheFirstIsKilled(balancer);

      long failedOnce = pictures.stream().filter(picture -> picture.tries() > 1).count();
      assertThat(failedOnce).isBetween(1L, (long) PICTURES / 3);
      assertThat(pictures).extracting(Picture::node).doesNotContainNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void videoIsAskedForAtTheMachineThatHasItAndLostWithIt(BalancerProgram program) throws Exception {
    try (Balancer balancer = start(file(program))) {
      List<JsonNode> videos = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        videos.add(submit(balancer));
      }
      assertThat(videos)
          .extracting(video -> video.path("node").asString())
          .contains("gpu1", "gpu2");
      for (JsonNode video : videos) {
        String status = video.path("status_url").asString();
        assertThat(status).startsWith(balancer.url().toString());
        await().until(() -> json(get(status)).path("done").asBoolean());
        String file = json(get(status)).path("url").asString();
        assertThat(get(file).statusCode()).isEqualTo(200);
      }

      machines.kill(1);

      for (JsonNode video : videos) {
        boolean lost = video.path("node").asString().equals("gpu1");
        int answer = get(video.path("status_url").asString()).statusCode();
        if (lost) {
          assertThat(answer).isIn(404, 502, 503);
        } else {
          assertThat(answer).isEqualTo(200);
        }
      }
    }
  }

  private static BalancerFile file(BalancerProgram program) {
    assumeThat(program.find())
        .as("%s is not installed, so it cannot be tried", program.command())
        .isPresent();
    return BalancerFile.of(Path.of("../.."), program, "plain-wrappers")
        .withMachines(machines.wrappers().stream().map(url -> new Machine(url, 1)).toList());
  }

  private Balancer start(BalancerFile file) {
    return Balancer.start(file, folder);
  }

  private static List<Picture> askWhileTheFirstIsKilled(Balancer balancer) {
    int before = machines.begun(1);
    CompletableFuture<List<Picture>> asked =
        CompletableFuture.supplyAsync(
            () -> new Pictures("").ask(PICTURES, PICTURES, i -> balancer.url()));
    await().until(() -> machines.begun(1) >= before + 2);
    machines.kill(1);
    return asked.join();
  }

  private static JsonNode submit(Balancer balancer) throws Exception {
    return json(
        http.send(
            HttpRequest.newBuilder(balancer.url().resolve("/api/video/submit"))
                .POST(BodyPublishers.ofString("{\"prompt\": \"the fox runs\"}"))
                .build(),
            BodyHandlers.ofByteArray()));
  }

  private static HttpResponse<byte[]> get(String url) throws Exception {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofByteArray());
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    return ProducerClient.JSON.readTree(answer.body());
  }
}
