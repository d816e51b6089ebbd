package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class AftermathTest {

  private final AtomicInteger looks = new AtomicInteger();
  private final AtomicInteger mends = new AtomicInteger();

  @Test
  void whatIsPutInOrderInTimeIsNotLeftBehind() {
    List<String> left =
        await(
            () -> looks.incrementAndGet() < 3 ? List.of("node-1: not online") : List.of(),
            Duration.ofMinutes(1));

    assertThat(left).isEmpty();
    assertThat(mends).hasValueGreaterThanOrEqualTo(3);
  }

  @Test
  void whatComesBackBeforeItHasStayedAwayIsLookedAtAgain() {
    List<String> left =
        Aftermath.await(
            mends::incrementAndGet,
            () -> looks.incrementAndGet() % 2 == 1 ? List.of() : List.of("fleet.results: 1 ready"),
            Duration.ZERO,
            Duration.ofMinutes(1));

    assertThat(left).containsExactly("fleet.results: 1 ready");
  }

  @Test
  void whatStaysIsLeftBehind() {
    List<String> left = await(() -> List.of("node-1: not online"), Duration.ofMillis(20));

    assertThat(left).containsExactly("node-1: not online");
  }

  private List<String> await(Supplier<List<String>> look, Duration limit) {
    return Aftermath.await(mends::incrementAndGet, look, limit, Duration.ofMillis(1));
  }
}
