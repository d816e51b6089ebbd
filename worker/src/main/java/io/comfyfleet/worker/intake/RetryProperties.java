package io.comfyfleet.worker.intake;

import io.comfyfleet.topology.Topology;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long a failed job waits before its next attempt.
 *
 * @param delays wait after the first failure, the second and so on; the last one goes for all
 *     further ones. Each is rounded up to a step that the broker has: 1s, 5s, 15s, 60s, 5m
 */
@ConfigurationProperties("fleet.retry")
public record RetryProperties(@DefaultValue("5s") List<Duration> delays) {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException when it is empty
   */
  public RetryProperties {
    delays = List.copyOf(delays);
    if (delays.isEmpty()) {
      throw new IllegalArgumentException("fleet.retry.delays must name at least one wait");
    }
  }

  /** The broker's step after that failed attempt. */
  Duration after(int attempt) {
    return Topology.retryDelay(delays.get(Math.min(attempt, delays.size()) - 1));
  }
}
