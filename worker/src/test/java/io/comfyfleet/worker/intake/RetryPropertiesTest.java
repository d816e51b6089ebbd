package io.comfyfleet.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.comfyfleet.job.JobType;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetryPropertiesTest {
  private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

  @Test
  void seedWaitsFiveSecondsEachTime() {
    RetryProperties retry = of(List.of(seconds(5)), List.of(), 1, 0);

    assertThat(retry.after(1, JobType.IMAGE, random)).isEqualTo(seconds(5));
    assertThat(retry.after(7, JobType.IMAGE, random)).isEqualTo(seconds(5));
  }

  @Test
  void waitsBeyondTheListGrowByTheFactorUpToTheCeiling() {
    RetryProperties retry = of(List.of(seconds(1), seconds(4)), List.of(), 3, 0);

    assertThat(retry.after(2, JobType.IMAGE, random)).isEqualTo(seconds(4));
    assertThat(retry.after(3, JobType.IMAGE, random)).isEqualTo(seconds(12));
    assertThat(retry.after(9, JobType.IMAGE, random)).isEqualTo(seconds(60));
  }

  @Test
  void videosHaveWaitsOfTheirOwn() {
    RetryProperties retry = of(List.of(seconds(5)), List.of(seconds(30)), 1, 0);

    assertThat(retry.after(1, JobType.VIDEO, random)).isEqualTo(seconds(30));
    assertThat(retry.after(1, JobType.IMAGE, random)).isEqualTo(seconds(5));
  }

  @Test
  void jitterStaysWithinItsShare() {
    RetryProperties retry = of(List.of(seconds(10)), List.of(), 1, 0.5);

    for (int i = 0; i < 100; i++) {
      assertThat(retry.after(1, JobType.IMAGE, random)).isBetween(seconds(5), seconds(15));
    }
  }

  @Test
  void waitBeyondTheLadderIsRefused() {
    assertThatThrownBy(() -> of(List.of(seconds(301)), List.of(), 1, 0))
        .hasMessageContaining("fleet.retry.delays")
        .hasMessageContaining("5m");
  }

  private static RetryProperties of(
      List<Duration> delays, List<Duration> videos, double factor, double jitter) {
    return new RetryProperties(delays, videos, factor, seconds(60), jitter);
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }
}
