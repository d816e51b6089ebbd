package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.OutputKind;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The worker between a real broker, a real store and a ComfyUI that answers by a script. */
class ScriptedWorkerIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();

  @Test
  void jobEndsAsResultWithItsFileInTheStore() {
    try (TestFleet fleet = new TestFleet(BROKER);
        TestStore store = new TestStore();
        ScriptedComfyUi comfy = new ScriptedComfyUi()) {
      Job job = Jobs.image().build();
      String id =
          UUID.nameUUIDFromBytes((job.jobId() + "/1").getBytes(StandardCharsets.UTF_8)).toString();
      comfy
          .on("GET /system_stats", 200, "{\"system\":{\"comfyui_version\":\"0.33.0\"}}")
          .on("GET /prompt", 200, "{\"exec_info\":{\"queue_remaining\":0}}")
          .on("GET /api/jobs/" + id, 404, "{\"error\":\"Job not found\"}")
          .on("GET /api/jobs/" + id, 200, "{\"status\":\"in_progress\"}")
          .on(
              "GET /api/jobs/" + id,
              200,
              """
              {"status":"completed","outputs":{"3":{"images":[{"filename":"a_00001_.png",\
              "subfolder":"x","type":"output"}]}},"execution_status":{"status_str":"success",\
              "completed":true,"messages":[]}}\
              """)
          .on("POST /prompt", 200, "{\"prompt_id\":\"" + id + "\",\"number\":0,\"node_errors\":{}}")
          .on("GET /view", new ScriptedComfyUi.Answer(200, "image/png", "picture"))
          .on("POST /history", 200, "");
      fleet.startWorker(comfy.url(), store.url(), Map.of());

      fleet.publish(job);

      Result result = fleet.result();
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
  }
}
