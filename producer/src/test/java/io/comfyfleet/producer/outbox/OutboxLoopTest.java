package io.comfyfleet.producer.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OutboxLoopTest {
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicBoolean broken = new AtomicBoolean(true);

  @Test
  void faultOfOurOwnIsToldAndOutlived() {
    OutboxPublisher publisher =
        new OutboxPublisher(null, null, null, null, null, Clock.systemUTC()) {
          @Override
          int publishBatch() {
            if (calls.incrementAndGet() > 0 && broken.get()) {
              throw new IllegalStateException("a bug");
            }
            return 0;
          }
        };
    OutboxLoop loop =
        new OutboxLoop(
            new Outbox(null, Clock.systemUTC()),
            publisher,
            new OutboxSettings(true, Duration.ofMillis(10), Duration.ofMillis(20)));
    loop.start();
    try {
      await("tried again").until(() -> calls.get() >= 3);
      assertThat(loop.isRunning()).isTrue();
      assertThat(loop.trouble().reason()).contains("a bug");

      broken.set(false);
      await("recovered").until(() -> loop.trouble() == null);
    } finally {
      loop.stop();
    }
    assertThat(loop.isRunning()).isFalse();
  }
}
