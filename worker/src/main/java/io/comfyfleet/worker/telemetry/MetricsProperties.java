package io.comfyfleet.worker.telemetry;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where Prometheus finds the worker's figures.
 *
 * @param port port of {@code /metrics}, 0 for any free one, told in the log; without it nothing is
 *     measured and no port opened. Workers on one machine need one each
 * @param address address the port is opened on; anything but the loopback lets others than this
 *     machine read the figures, which no password protects
 */
@ConfigurationProperties("fleet.metrics")
record MetricsProperties(@Nullable Integer port, @DefaultValue("127.0.0.1") String address) {
  /**
   * Checks the port.
   *
   * @throws IllegalArgumentException naming the setting, its value and the limit
   */
  MetricsProperties {
    if (port != null && (port < 0 || port > 65_535)) {
      throw new IllegalArgumentException(
          "fleet.metrics.port must be 0 to 65535, was " + port + "; leave it out for none");
    }
  }
}
