package io.comfyfleet.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class WordsTest {
  private static final JsonNode VALUES =
      Api.json(
          """
          {"none":null,"empty":"","lanes":{"image":1,"video":2},"list":["a","b"],"share":0.426,
           "speed":3.14159,"at":"2026-01-01T00:00:00Z"}
          """);

  @Test
  void absentValuesAreADash() {
    assertThat(Words.text(VALUES.path("missing"))).isEqualTo("-");
    assertThat(Words.text(VALUES.path("none"))).isEqualTo("-");
    assertThat(Words.text(VALUES.path("empty"))).isEqualTo("-");
    assertThat(Words.share(VALUES.path("none"))).isEqualTo("-");
    assertThat(Words.age(VALUES.path("none"), Instant.EPOCH)).isEqualTo("-");
    assertThat(Words.pairs(VALUES.path("missing"))).isEqualTo("-");
  }

  @Test
  void valuesAreShortAndHaveUnits() {
    assertThat(Words.pairs(VALUES.path("lanes"))).isEqualTo("image=1,video=2");
    assertThat(Words.pairs(VALUES.path("list"))).isEqualTo("a,b");
    assertThat(Words.share(VALUES.path("share"))).isEqualTo("43 %");
    assertThat(Words.seconds(VALUES.path("speed"))).isEqualTo("3.1 s");
    assertThat(Words.age(VALUES.path("at"), Instant.parse("2026-01-01T02:05:00Z")))
        .isEqualTo("2 h 5 m");
  }

  @Test
  void spansHaveTwoUnitsAtMost() {
    assertThat(Words.duration(Duration.ofMillis(3240))).isEqualTo("3.2 s");
    assertThat(Words.duration(Duration.ofSeconds(59))).isEqualTo("59 s");
    assertThat(Words.duration(Duration.ofSeconds(61))).isEqualTo("1 m 1 s");
    assertThat(Words.duration(Duration.ofHours(49))).isEqualTo("2 d 1 h");
    assertThat(Words.duration(Duration.ofSeconds(-3))).isEqualTo("0 s");
  }
}
