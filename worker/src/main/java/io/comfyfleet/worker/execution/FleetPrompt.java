package io.comfyfleet.worker.execution;

import io.comfyfleet.job.Job;
import java.util.HashMap;
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

  /** The job that it renders. */
  public static final String JOB = "fleet_job_id";

  /** Number of that job's replay; absent for none. */
  public static final String REPLAY = "fleet_replay";

  /** Name of the try of that job. */
  public static final String TRY = "fleet_try";

  /** The run of that job. */
  public static final String RUN = "fleet_run_id";

  private FleetPrompt() {}

  static Map<String, String> about(Job job, String nodeId) {
    Map<String, String> about = new HashMap<>();
    about.put(JOB, job.jobId().toString());
    about.put(TRY, job.tryName());
    about.put(RUN, job.runId());
    about.put(NODE, nodeId);
    if (job.replay() != null) {
      about.put(REPLAY, job.replay().toString());
    }
    return about;
  }
}
