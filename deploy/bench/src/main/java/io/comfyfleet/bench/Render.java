package io.comfyfleet.bench;

import io.comfyfleet.launch.SimulatorControl;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A prompt that a machine ran to its end.
 *
 * @param nodeId the machine's node
 * @param jobId the job it was submitted for
 * @param promptId the prompt; made from job and attempt
 * @param started when it began
 * @param ended when it ended
 */
record Render(String nodeId, String jobId, String promptId, Instant started, Instant ended) {

  /**
   * The successful ones of one machine.
   *
   * @param nodeId its node
   */
  static List<Render> of(String nodeId, URI machine) {
    List<Render> renders = new ArrayList<>();
    for (JsonNode run : SimulatorControl.executed(machine)) {
      if (run.path("outcome").asString("").equals("success")
          && run.path("fleet_job_id").isString()) {
        renders.add(
            new Render(
                nodeId,
                run.path("fleet_job_id").asString(),
                run.path("prompt_id").asString(),
                Instant.parse(run.path("started").asString()),
                Instant.parse(run.path("ended").asString())));
      }
    }
    return renders;
  }
}
