package io.comfyfleet.worker.execution;

import io.comfyfleet.job.Job;
import java.util.Map;

/**
 * What the fleet notes beside each prompt that it submits ({@code extra_data}), so that people who
 * read ComfyUI's queue know whose it is, and a restarted worker knows its own.
 */
public final class FleetPrompt {
  /** The node that submitted it. */
  public static final String NODE = "fleet_node_id";

  /** The node whose ComfyUI is to prove itself by this prompt. */
  public static final String CANARY = "fleet_canary_of";

  private static final String JOB = "fleet_job_id";
  private static final String RUN = "fleet_run_id";

  private FleetPrompt() {}

  static Map<String, String> about(Job job, String nodeId) {
    return Map.of(JOB, job.jobId().toString(), RUN, job.runId(), NODE, nodeId);
  }
}
