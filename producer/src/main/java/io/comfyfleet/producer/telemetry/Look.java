package io.comfyfleet.producer.telemetry;

import java.util.Map;

/**
 * What one look at the fleet saw. Seconds and counts; NaN, or no entry, for what could not be seen.
 *
 * @param depth waiting messages by queue
 * @param oldest age of the oldest waiting job by lane, seconds
 * @param outboxDepth messages that the broker does not have yet
 * @param outboxLag for how long the oldest of them could have gone, seconds
 */
record Look(
    Map<String, Double> depth, Map<String, Double> oldest, double outboxDepth, double outboxLag) {
  static final Look NOTHING = new Look(Map.of(), Map.of(), Double.NaN, Double.NaN);

  double depth(String queue) {
    return depth.getOrDefault(queue, Double.NaN);
  }

  double oldest(String lane) {
    return oldest.getOrDefault(lane, Double.NaN);
  }
}
