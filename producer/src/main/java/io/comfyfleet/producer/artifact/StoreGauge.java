package io.comfyfleet.producer.artifact;

import io.comfyfleet.telemetry.MetricNames;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.stereotype.Component;

/** Shows how much room the output store has left. */
@Component
class StoreGauge implements MeterBinder {
  private final StoreSettings settings;

  StoreGauge(StoreSettings settings) {
    this.settings = settings;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder(
            MetricNames.STORE_FREE, settings, each -> each.directory().toFile().getUsableSpace())
        .baseUnit("bytes")
        .register(registry);
  }
}
