package io.comfyfleet.producer.telemetry;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the figures of {@code /actuator/prometheus} come about.
 *
 * @param interval how often queues, outbox and nodes are looked at; the answer to a question is
 *     never older. Shorter than a second asks broker and database more than it tells
 * @param idleAfter how long a job must have waited before a free slot that could take it counts as
 *     idle; shorter than a job's way over the broker counts what is no idleness
 */
@ConfigurationProperties("fleet.metrics")
record MetricsSettings(
    @DefaultValue("5s") Duration interval, @DefaultValue("3s") Duration idleAfter) {
  /**
   * Checks the interval.
   *
   * @throws IllegalArgumentException naming the setting, its value and the limit
   */
  MetricsSettings {
    if (interval.toMillis() < 100) {
      throw new IllegalArgumentException(
          "fleet.metrics.interval must be at least 100ms, was " + interval.toMillis() + "ms");
    }
  }
}
