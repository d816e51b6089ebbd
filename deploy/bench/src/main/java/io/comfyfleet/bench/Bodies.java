package io.comfyfleet.bench;

import io.comfyfleet.launch.ProducerClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/** Plans as the JSON that callers send. */
final class Bodies {

  /** Long enough for every fault that is undone, short enough for one that nobody notices. */
  private static final int TIMEOUT_SECONDS = 60;

  private Bodies() {}

  /** The body of {@code POST /api/runs}. */
  static String run(RunPlan run) {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    body.put("run_id", run.runId());
    var jobs = body.putArray("jobs");
    for (int index = 0; index < run.jobs().size(); index++) {
      describe(jobs.addObject().put("key", "j" + index), run.jobs().get(index));
    }
    return body.toString();
  }

  /** One message for {@code fleet.intake} per job. */
  static List<byte[]> messages(RunPlan run) {
    return IntStream.range(0, run.jobs().size()).mapToObj(index -> message(run, index)).toList();
  }

  private static byte[] message(RunPlan run, int index) {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    body.put("run_id", run.runId()).put("run_size", run.jobs().size()).put("index", index);
    describe(body.put("key", "j" + index), run.jobs().get(index));
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void describe(ObjectNode body, JobPlan job) {
    body.put("job_id", job.jobId().toString()).put("type", job.type());
    body.put("timeout", job.pastDeadline() ? 1 : TIMEOUT_SECONDS);
    if (job.pastDeadline()) {
      body.put("max_attempts", 2);
    }
    if (job.template()) {
      body.put("template", "demo-image").put("prompt", "picture " + job.colour());
      body.putObject("params").put("seed", job.colour());
    } else {
      graph(body.putObject("workflow"), job);
    }
    if (job.after() != null && job.template()) {
      body.putArray("inputs").addObject().put("name", "image").put("job", "j" + job.after());
    } else if (job.after() != null) {
      body.putArray("depends_on").add("j" + job.after());
    }
  }

  private static void graph(ObjectNode workflow, JobPlan job) {
    node(workflow, "1", "EmptyImage")
        .put("width", 64)
        .put("height", 64)
        .put("batch_size", 1)
        .put("color", job.colour());
    node(workflow, "2", "TestSleep")
        .put("seconds", job.seconds())
        .putArray("value")
        .add("1")
        .add(0);
    node(workflow, "3", "SaveImage")
        .put("filename_prefix", "chaos")
        .putArray("images")
        .add("2")
        .add(0);
  }

  private static ObjectNode node(ObjectNode workflow, String id, String type) {
    return workflow.putObject(id).put("class_type", type).putObject("inputs");
  }
}
