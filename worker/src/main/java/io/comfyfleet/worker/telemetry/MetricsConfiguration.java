package io.comfyfleet.worker.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Measures when there is somebody to read it. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MetricsProperties.class)
class MetricsConfiguration {

  /** An empty composite's meters keep nothing and cost nothing. */
  @Bean
  MeterRegistry meterRegistry(MetricsProperties properties) {
    return properties.port() == null
        ? new CompositeMeterRegistry()
        : new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  @Bean
  @ConditionalOnProperty("fleet.metrics.port")
  MetricsEndpoint metricsEndpoint(MetricsProperties properties, PrometheusMeterRegistry registry) {
    return MetricsEndpoint.open(properties.address(), properties.port(), registry);
  }
}
