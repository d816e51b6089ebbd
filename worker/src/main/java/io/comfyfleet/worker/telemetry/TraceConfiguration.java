package io.comfyfleet.worker.telemetry;

import io.comfyfleet.telemetry.Traces;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Traces when there is a collector, or an exporter of somebody else's. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TraceProperties.class)
class TraceConfiguration {
  private static final String SERVICE = "comfyfleet-worker";

  @Bean
  Traces traces(TraceProperties settings, ObjectProvider<SpanExporter> exporters) {
    SpanExporter exporter = exporters.getIfAvailable();
    if (exporter != null) {
      return Traces.to(SERVICE, exporter, settings.sampling());
    }
    return settings.collector() == null
        ? Traces.off()
        : Traces.to(SERVICE, settings.collector(), settings.sampling());
  }
}
