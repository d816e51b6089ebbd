package io.comfyfleet.launch;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How to run a worker.
 *
 * @param nodeId id of the node
 * @param comfyUi address of its ComfyUI
 * @param lanes lanes it serves, at least one
 * @param slots jobs at a time, at least 1
 * @param store where outputs are uploaded: the producer's address
 * @param drain how long its jobs may go on when it is asked to end
 */
public record WorkerSettings(
    String nodeId, URI comfyUi, List<String> lanes, int slots, URI store, Duration drain) {

  /** The lanes that every job without a lane of its own goes to. */
  public static final List<String> DEFAULT_LANES = List.of("image", "video");

  /** Checks lanes and slots. */
  public WorkerSettings {
    if (lanes.isEmpty() || slots < 1) {
      throw new FleetFailure("Node " + nodeId + " needs at least one lane and one slot");
    }
    lanes = List.copyOf(lanes);
  }

  /** The same as environment variables; the broker is not among them. */
  public Map<String, String> environment() {
    return Map.of(
        "FLEET_NODE_ID", nodeId,
        "FLEET_COMFY_URL", comfyUi.toString(),
        "FLEET_INTAKE_LANES", String.join(",", lanes),
        "FLEET_INTAKE_SLOTS", Integer.toString(slots),
        "FLEET_STORE_URL", store.toString(),
        "FLEET_DRAIN_DEADLINE", drain.toSeconds() + "s");
  }
}
