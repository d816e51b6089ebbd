package io.comfyfleet.producer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SightingsTest {
  private static final UUID JOB = new UUID(1, 1);

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Sightings sightings = new Sightings(() -> now);

  @Test
  void jobIsFirstSeenOncePerNodeAndMinute() {
    assertThat(sightings.first(JOB, "a")).isTrue();
    assertThat(sightings.first(JOB, "a")).isFalse();
    assertThat(sightings.first(JOB, "b")).isTrue();

    now = now.plusSeconds(61);
    assertThat(sightings.first(JOB, "b")).isTrue();
  }

  @Test
  void forgottenJobIsSeenAnew() {
    sightings.first(JOB, "a");
    sightings.forget(List.of(JOB));

    assertThat(sightings.first(JOB, "a")).isTrue();
  }

  @Test
  void memoryIsBoundedByForgettingTheOldest() {
    sightings.first(JOB, "a");
    for (int i = 0; i < 20_000; i++) {
      sightings.first(new UUID(2, i), "a");
    }

    assertThat(sightings.first(JOB, "a")).isTrue();
    assertThat(sightings.first(new UUID(2, 19_999), "a")).isFalse();
  }
}
