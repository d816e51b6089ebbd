package io.comfyfleet.producer.run;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Result;
import io.comfyfleet.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import org.springframework.stereotype.Component;

/**
 * Counts jobs in and out. To be called after the commit: what was rolled back did not happen.
 * Thread-safe.
 */
@Component
class JobCounters {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(50),
    Duration.ofMillis(200),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(2),
    Duration.ofMinutes(10),
    Duration.ofHours(1)
  };
  private static final String NONE = "none";

  private final MeterRegistry registry;
  private final Counter repeated;
  private final Timer lag;
  private final Clock clock;

  JobCounters(MeterRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    repeated = registry.counter(MetricNames.RESULTS_REPEATED);
    lag =
        Timer.builder(MetricNames.AGGREGATOR_LAG)
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    for (JobType type : JobType.values()) {
      accepted(type);
    }
  }

  void accepted(Job job) {
    accepted(job.type()).increment();
  }

  void ended(Result result) {
    registry
        .counter(
            MetricNames.JOBS_ENDED,
            "status",
            result.status().name().toLowerCase(Locale.ROOT),
            "reason",
            result.error() == null ? NONE : result.error().code().wireName(),
            "type",
            result.type().wireName())
        .increment();
    Duration age = Duration.between(result.endedAt(), clock.instant());
    // The clocks of two machines differ.
    lag.record(age.isNegative() ? Duration.ZERO : age);
  }

  void repeated() {
    repeated.increment();
  }

  private Counter accepted(JobType type) {
    return registry.counter(MetricNames.JOBS_ACCEPTED, "type", type.wireName());
  }
}
