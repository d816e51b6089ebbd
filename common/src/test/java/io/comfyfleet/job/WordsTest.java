package io.comfyfleet.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WordsTest {
  @Test
  void emojiIsKeptWholeOrLeftOut() {
    assertThat(Words.first(3, "ab🦊c")).isEqualTo("ab");
    assertThat(Words.first(4, "ab🦊c")).isEqualTo("ab🦊");
    assertThat(Words.first(5, "ab🦊c")).isEqualTo("ab🦊c");
    assertThat(Words.first(1, "🦊")).isEmpty();
  }
}
