package io.comfyfleet.producer.telemetry;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the spans of jobs are sent.
 *
 * @param collector OTLP address over HTTP, such as {@code http://127.0.0.1:4318/v1/traces}; without
 *     it no spans are made, and a sender's {@code traceparent} is still handed on
 * @param sampling share of the traces that begin here which are recorded, 0 to 1; one that the
 *     sender began is recorded if the sender says so
 */
@ConfigurationProperties("fleet.traces")
record TraceSettings(@Nullable URI collector, @DefaultValue("1.0") double sampling) {
  /**
   * Checks the share.
   *
   * @throws IllegalArgumentException naming the setting, its value and the limit
   */
  TraceSettings {
    if (!(sampling >= 0 && sampling <= 1)) {
      throw new IllegalArgumentException("fleet.traces.sampling must be 0 to 1, was " + sampling);
    }
  }
}
