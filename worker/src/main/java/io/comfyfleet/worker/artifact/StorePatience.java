package io.comfyfleet.worker.artifact;

import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.worker.artifact.TransferException.StoreUnavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for the output store, whose producer may be restarted at any time. */
final class StorePatience {
  private static final Logger log = LoggerFactory.getLogger(StorePatience.class);
  private static final Duration FIRST_WAIT = Duration.ofMillis(250);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

  private StorePatience() {}

  /**
   * Calls until the store does what was asked, with longer and longer waits.
   *
   * @param patience how long
   * @param pause waits between two calls
   * @throws StoreUnavailable when another call would not help, the patience is over, or the wait
   *     was cut short
   */
  static <T> T call(Duration patience, Pause pause, Supplier<T> call) {
    Instant until = Instant.now().plus(patience);
    Duration wait = FIRST_WAIT;
    boolean told = false;
    while (true) {
      try {
        T done = call.get();
        if (told) {
          log.atInfo().log("output store there again");
        }
        return done;
      } catch (StoreUnavailable e) {
        if (!e.retryable() || Instant.now().plus(wait).isAfter(until)) {
          throw e;
        }
        if (!told) {
          told = true;
          log.atWarn()
              .addKeyValue(LogKeys.REASON, e.getMessage())
              .log("output store unavailable, trying again");
        }
        if (!pause.await(wait)) {
          throw e;
        }
        Duration next = wait.multipliedBy(2);
        wait = next.compareTo(LONGEST_WAIT) < 0 ? next : LONGEST_WAIT;
      }
    }
  }
}
