package io.comfyfleet.producer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CalmTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private final Calm calm = new Calm(Duration.ofSeconds(60));

  private void everySecond(Calm.Look look, int from, int to) {
    for (int second = from; second <= to; second++) {
      calm.saw(look, at(second));
    }
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  @Test
  void emptyQueueMeansNothingBeforeItWasWatchedForAWhile() {
    everySecond(Calm.Look.EMPTY, 0, 59);
    assertThat(calm.asOf()).isNull();

    everySecond(Calm.Look.EMPTY, 60, 60);
    assertThat(calm.asOf()).isEqualTo(at(60));
  }

  @Test
  void queueThatIsBusyInBurstsPutsOffNoMoreThanABurst() {
    everySecond(Calm.Look.EMPTY, 0, 60);

    everySecond(Calm.Look.WAITING, 61, 100);
    assertThat(calm.asOf()).isEqualTo(at(60));

    everySecond(Calm.Look.EMPTY, 101, 101);
    assertThat(calm.asOf()).isEqualTo(at(101));
  }

  @Test
  void afterATimeInWhichItWasNotReadTheWatchBeginsAnew() {
    everySecond(Calm.Look.EMPTY, 0, 60);
    everySecond(Calm.Look.UNREAD, 61, 61);
    assertThat(calm.asOf()).isNull();

    everySecond(Calm.Look.EMPTY, 62, 121);
    assertThat(calm.asOf()).isNull();
    everySecond(Calm.Look.EMPTY, 122, 122);
    assertThat(calm.asOf()).isEqualTo(at(122));
  }

  @Test
  void timeInWhichNobodyLookedIsAStandstill() {
    everySecond(Calm.Look.EMPTY, 0, 60);

    everySecond(Calm.Look.EMPTY, 180, 239);

    assertThat(calm.asOf()).isNull();
  }
}
