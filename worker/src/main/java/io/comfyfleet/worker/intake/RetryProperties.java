package io.comfyfleet.worker.intake;

import io.comfyfleet.job.JobType;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long a failed job waits before its next attempt. How many attempts a job has stands in the
 * job itself.
 *
 * @param delays wait after the first failed attempt, the second and so on; further ones wait longer
 *     than the last by the factor each. From 100ms to 5m
 * @param videoDelays the same for videos; like the others when empty
 * @param factor by what each wait beyond the list exceeds the one before; 1 keeps the last one
 * @param ceiling longest wait, at most 5m
 * @param jitter share by which each wait is lengthened or shortened at random, 0 to 1, so that jobs
 *     which failed together do not come back together
 */
@ConfigurationProperties("fleet.retry")
public record RetryProperties(
    @DefaultValue("5s") List<Duration> delays,
    @DefaultValue({}) List<Duration> videoDelays,
    @DefaultValue("1") double factor,
    @DefaultValue("5m") Duration ceiling,
    @DefaultValue("0") double jitter) {
  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /**
   * Copies the lists and checks the ranges.
   *
   * @throws IllegalArgumentException naming the setting, its value and the limit
   */
  public RetryProperties {
    delays = List.copyOf(delays);
    videoDelays = List.copyOf(videoDelays);
    if (delays.isEmpty()) {
      throw new IllegalArgumentException("fleet.retry.delays must name at least one wait");
    }
    delays.forEach(delay -> within("delays", delay));
    videoDelays.forEach(delay -> within("video-delays", delay));
    within("ceiling", ceiling);
    if (!(factor >= 1)) {
      throw new IllegalArgumentException("fleet.retry.factor must be at least 1, was " + factor);
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException("fleet.retry.jitter must be 0 to 1, was " + jitter);
    }
  }

  /** The wait after that failed attempt, counted from 1. */
  Duration after(int attempt, JobType type, RandomGenerator random) {
    List<Duration> steps = type == JobType.VIDEO && !videoDelays.isEmpty() ? videoDelays : delays;
    int beyond = Math.max(0, attempt - steps.size());
    double millis =
        steps.get(Math.min(attempt, steps.size()) - 1).toMillis() * Math.pow(factor, beyond);
    millis = Math.min(millis, ceiling.toMillis());
    millis *= 1 + jitter * (2 * random.nextDouble() - 1);
    return Duration.ofMillis(
        Math.clamp(Math.round(millis), SHORTEST.toMillis(), LONGEST.toMillis()));
  }

  private static void within(String setting, Duration value) {
    if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "fleet.retry." + setting + " must be between 100ms and 5m, was " + value);
    }
  }
}
