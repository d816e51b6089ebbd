package io.comfyfleet.producer.broker;

import io.comfyfleet.telemetry.LogKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.stereotype.Component;

/**
 * How long a consumer holds its breath before it gives a message back because the database or the
 * broker is away: giving back at once would be a hot loop. Ends early when the process stops.
 */
@Component
public class ConsumerPause implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(ConsumerPause.class);

  /** After so long each consumer tries again at the latest. */
  public static final Duration LONGEST = Duration.ofSeconds(15);

  private static final Duration SHORTEST = Duration.ofMillis(500);

  /** A consumer that has failed and has nothing to take any more fails no more; with one try. */
  private static final Duration STILL = LONGEST.plusSeconds(45);

  private final Map<String, Instant> failed = new ConcurrentHashMap<>();

  private final Map<String, Duration> current = new ConcurrentHashMap<>();
  private volatile CountDownLatch stopping = new CountDownLatch(1);

  /** Waits, longer each time; the first of a row is logged. */
  public void after(String consumer, RuntimeException trouble) {
    Duration before = current.get(consumer);
    if (before == null) {
      String cause = NestedExceptionUtils.getMostSpecificCause(trouble).toString();
      log.atWarn()
          .addKeyValue(LogKeys.QUEUE, consumer)
          .addKeyValue(LogKeys.REASON, cause)
          .log("cannot take messages now; they stay on the broker");
    }
    Duration wait = before == null ? SHORTEST : before.multipliedBy(2);
    wait = wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    current.put(consumer, wait);
    failed.put(consumer, Instant.now());
    hold(wait);
  }

  /** Waits so long, or until the process stops. */
  public void hold(Duration wait) {
    try {
      stopping.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the consumer could not take messages when it last tried, which was just now. */
  public boolean isPausing(String consumer) {
    Instant last = failed.get(consumer);
    return last != null && last.plus(STILL).isAfter(Instant.now());
  }

  /** It works again. */
  public void over(String consumer) {
    failed.remove(consumer);
    if (current.remove(consumer) != null) {
      log.atInfo().addKeyValue(LogKeys.QUEUE, consumer).log("taking messages again");
    }
  }

  @Override
  public void start() {
    stopping = new CountDownLatch(1);
  }

  @Override
  public void stop() {
    stopping.countDown();
  }

  @Override
  public boolean isRunning() {
    return stopping.getCount() > 0;
  }

  /** Stopped before the consumers, so that none of them waits any longer. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
