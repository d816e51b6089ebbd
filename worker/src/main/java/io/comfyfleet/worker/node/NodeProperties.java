package io.comfyfleet.worker.node;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How this node appears in the fleet.
 *
 * @param id name, unique in the fleet; host name and ComfyUI's port when absent
 * @param heartbeatInterval how often the node tells its state; three missed ones make it offline
 * @param nvidiaSmi program that tells how busy the GPU is, looked for on the path; where there is
 *     none ComfyUI tells the memory, and the usage stays unknown
 * @param gpu index or UUID of the GPU for that program; the first of CUDA_VISIBLE_DEVICES, or 0,
 *     when absent
 */
@ConfigurationProperties("fleet.node")
public record NodeProperties(
    @Nullable String id,
    @DefaultValue("5s") Duration heartbeatInterval,
    @DefaultValue("nvidia-smi") String nvidiaSmi,
    @Nullable String gpu) {
  /**
   * Checks the interval.
   *
   * @throws IllegalArgumentException when it is shorter than 100 ms
   */
  public NodeProperties {
    if (heartbeatInterval.toMillis() < 100) {
      throw new IllegalArgumentException(
          "fleet.node.heartbeat-interval must be at least 100ms, was " + heartbeatInterval);
    }
  }
}
