package io.comfyfleet.worker.comfy;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When this worker stops trusting its ComfyUI, and how it finds trust again.
 *
 * @param stall a prompt that shows no sign of life for so long is interrupted; must exceed the
 *     longest silent step of any graph, such as the loading of a large model
 * @param interruptPatience how long an interrupted prompt may take to end, which it does at its
 *     next step; a ComfyUI that does not obey in time is taken to hang
 * @param failures failed attempts in a row, on whatever jobs, after which the node must prove
 *     itself
 * @param canaryTimeout how long the trivial prompt may take by which a suspect ComfyUI proves
 *     itself
 * @param restartCommand program and arguments that restart ComfyUI, separated by commas; run on the
 *     worker's machine when ComfyUI stays broken; none when empty
 * @param restartAfter how long ComfyUI must be broken before the command is run
 * @param restartEvery shortest time between two runs of the command
 */
@ConfigurationProperties("fleet.health")
public record HealthProperties(
    @DefaultValue("10m") Duration stall,
    @DefaultValue("30s") Duration interruptPatience,
    @DefaultValue("3") int failures,
    @DefaultValue("30s") Duration canaryTimeout,
    @DefaultValue({}) List<String> restartCommand,
    @DefaultValue("10s") Duration restartAfter,
    @DefaultValue("5m") Duration restartEvery) {

  /**
   * Checks the number of failures.
   *
   * @throws IllegalArgumentException when it is below 1
   */
  public HealthProperties {
    restartCommand = List.copyOf(restartCommand);
    if (failures < 1) {
      throw new IllegalArgumentException(
          "fleet.health.failures must be at least 1, was " + failures);
    }
  }
}
