package io.comfyfleet.producer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CalmTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private final Calm calm = new Calm(Duration.ofSeconds(60));

  private void everySecond(boolean nothing, int from, int to) {
    for (int second = from; second <= to; second++) {
      calm.saw(nothing, at(second));
    }
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  @Test
  void emptyQueueMeansNothingBeforeItWasWatchedForAWhile() {
    everySecond(true, 0, 59);
    assertThat(calm.asOf()).isNull();

    everySecond(true, 60, 60);
    assertThat(calm.asOf()).isEqualTo(at(60));
  }

  @Test
  void whatWaitsForAMomentPutsOffOnlyThatMoment() {
    everySecond(true, 0, 60);

    everySecond(false, 61, 64);
    assertThat(calm.asOf()).isEqualTo(at(60));

    everySecond(true, 65, 65);
    assertThat(calm.asOf()).isEqualTo(at(65));
  }

  @Test
  void afterAStandstillTheWatchBeginsAnew() {
    everySecond(true, 0, 60);
    everySecond(false, 61, 70);
    assertThat(calm.asOf()).isNull();

    everySecond(true, 71, 130);
    assertThat(calm.asOf()).isNull();
    everySecond(true, 131, 131);
    assertThat(calm.asOf()).isEqualTo(at(131));
  }

  @Test
  void timeInWhichNobodyLookedIsAStandstill() {
    everySecond(true, 0, 60);

    everySecond(true, 180, 239);

    assertThat(calm.asOf()).isNull();
  }
}
