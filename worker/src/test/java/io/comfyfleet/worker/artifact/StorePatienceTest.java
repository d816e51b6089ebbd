package io.comfyfleet.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.worker.artifact.TransferException.StoreUnavailable;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class StorePatienceTest {
  @Test
  void storeThatIsAwayIsToldOnceWithItsWordsAndOnceThatItIsBack(CapturedOutput output) {
    AtomicInteger calls = new AtomicInteger();

    String answer =
        StorePatience.call(
            Duration.ofMinutes(1),
            _ -> true,
            () -> {
              if (calls.incrementAndGet() < 4) {
                throw new StoreUnavailable("the store's disk is full", true, null);
              }
              return "kept";
            });

    assertThat(answer).isEqualTo("kept");
    assertThat(output.getOut())
        .containsOnlyOnce("the store's disk is full")
        .containsOnlyOnce("output store there again");
  }
}
