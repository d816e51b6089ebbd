package io.comfyfleet.producer.broker;

import io.comfyfleet.telemetry.MetricNames;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Times how long the broker needs for its word. Of a batch the confirms are read in order, so one
 * that came early counts with the one before it. Thread-safe.
 */
final class PublishTimers {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2),
    Duration.ofSeconds(10)
  };

  private final MeterRegistry registry;

  PublishTimers(MeterRegistry registry) {
    this.registry = registry;
  }

  void took(Publication outcome, long nanos) {
    Timer.builder(MetricNames.PUBLISH_CONFIRM)
        .serviceLevelObjectives(BUCKETS)
        .tag("outcome", name(outcome))
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  private static String name(Publication outcome) {
    return switch (outcome) {
      case Publication.Confirmed confirmed -> "confirmed";
      case Publication.Returned returned -> "returned";
      case Publication.Unsendable unsendable -> "unsendable";
      case Publication.Unconfirmed unconfirmed -> "unconfirmed";
      case Publication.Unsent unsent -> "unsent";
    };
  }
}
