package io.comfyfleet.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.topology.Topology;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A refused login is waited out like an absent broker. */
class LoginIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  @TempDir Path folder;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void producerThatWasRefusedConsumesAndPublishesOnceItsUserIsThere() throws Exception {
    assumeThat(BROKER.broker().managementUri()).isNotNull();
    String user = "late-" + UUID.randomUUID();
    String uri = BROKER.uri().replaceFirst("//[^@]*@", "//" + user + ":secret@");
    try (FakeWorker worker = new FakeWorker(BROKER.uri());
        Producer producer = Producer.start(uri, folder)) {
      String jobId =
          producer
              .post("/api/comfyui/dispatch", Producer.image("early"))
              .body()
              .get("job_id")
              .asString();
      String vhost = uri.substring(uri.lastIndexOf('/') + 1);
      put("users/" + user, "{\"password\":\"secret\",\"tags\":\"\"}");
      put(
          "permissions/" + vhost + "/" + user,
          "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}");

      worker.awaitTopology();
      worker.sendBare(Topology.INTAKE, "{\"type\":\"image\",\"prompt\":\"by queue\"}");
      worker.takeJobs("image", 2).forEach(worker::succeed);
      assertThat(producer.get("/api/jobs/" + jobId + "?wait=20").body().get("status").asString())
          .isEqualTo("succeeded");
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
      worker.take(Topology.RUNS_COMPLETED_QUEUE);
    }
  }

  private void put(String path, String json) throws Exception {
    String guest =
        Base64.getEncoder().encodeToString("guest:guest".getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(BROKER.broker().managementUri() + "/api/" + path))
                .header("Authorization", "Basic " + guest)
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(json))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
  }
}
