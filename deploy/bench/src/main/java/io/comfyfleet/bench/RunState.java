package io.comfyfleet.bench;

import io.comfyfleet.launch.ProducerClient;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What the producer says about a run when it is asked.
 *
 * @param runId the run
 * @param status {@code open} until it has ended; {@code unknown} when the producer does not know it
 * @param ends its jobs that have ended
 */
record RunState(String runId, String status, List<JobEnd> ends) {

  RunState {
    ends = List.copyOf(ends);
  }

  boolean isEnded() {
    return !status.equals("open") && !status.equals("unknown");
  }

  /** Asks for one run. */
  static RunState of(Api api, String runId) {
    Api.Answer answer = api.get("/api/runs/" + runId);
    if (!answer.isSuccess()) {
      return new RunState(runId, "unknown", List.of());
    }
    JsonNode run = ProducerClient.JSON.readTree(answer.body());
    List<JobEnd> ends = new ArrayList<>();
    run.path("results").forEach(result -> ends.add(JobEnd.of(result)));
    return new RunState(runId, run.path("status").asString(), ends);
  }
}
