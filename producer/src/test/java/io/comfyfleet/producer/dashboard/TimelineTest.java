package io.comfyfleet.producer.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.job.Timings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void twoMachinesSideBySideAreTwiceAsFast() {
    Timeline timeline =
        of(
            result(0, "a", 0, 10),
            result(1, "b", 0, 10),
            result(2, "a", 10, 20),
            result(3, "b", 10, 20));

    assertThat(timeline.elapsed()).isEqualTo(Duration.ofSeconds(20));
    assertThat(timeline.serial()).isEqualTo(Duration.ofSeconds(40));
    assertThat(timeline.speedUp()).isEqualTo(2.0);
    assertThat(timeline.rows()).extracting(Timeline.Row::node).containsExactly("a", "b");
    assertThat(timeline.rows().getFirst().bars())
        .extracting(Timeline.Bar::x)
        .containsExactly(0.0, 50.0);
  }

  @Test
  void jobsOfOneNodeAtTheSameTimeTakeTracksOfTheirOwn() {
    Timeline timeline = of(result(0, "a", 0, 10), result(1, "a", 5, 15), result(2, "a", 10, 20));

    Timeline.Row row = timeline.rows().getFirst();
    assertThat(row.tracks()).isEqualTo(2);
    assertThat(row.bars()).extracting(Timeline.Bar::track).containsExactly(0, 1, 0);
  }

  @Test
  void runWithoutAnyTryHasNothingToShow() {
    Timeline timeline = of();

    assertThat(timeline.rows()).isEmpty();
    assertThat(timeline.speedUp()).isNull();
  }

  private static Timeline of(Result... results) {
    return Timeline.of("r", List.of(results), List.of(), Map.of(), BEGIN);
  }

  private static Result result(int index, String node, int from, int to) {
    return new Result(
        UUID.randomUUID(),
        "r",
        index,
        JobType.IMAGE,
        ResultStatus.SUCCEEDED,
        node,
        1,
        List.of(),
        false,
        new Timings(0, 500, (to - from) * 1000L - 1000, 500),
        null,
        List.of(),
        null,
        BEGIN.plusSeconds(to),
        Map.of());
  }
}
