package io.comfyfleet.producer.outbox;

import io.comfyfleet.telemetry.LogKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Publishes for as long as the process lives, on one thread: woken by each commit, polling between,
 * trying again for ever while the broker or the database is away.
 */
@Component
class OutboxLoop implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(OutboxLoop.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  private final Outbox outbox;
  private final OutboxPublisher publisher;
  private final OutboxSettings settings;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile @Nullable Thread thread;
  private volatile @Nullable Trouble trouble;

  /** Since when nothing can be published, and why. */
  record Trouble(Instant since, String note, String reason) {}

  OutboxLoop(Outbox outbox, OutboxPublisher publisher, OutboxSettings settings) {
    this.outbox = outbox;
    this.publisher = publisher;
    this.settings = settings;
  }

  @Nullable Trouble trouble() {
    return trouble;
  }

  @Override
  public boolean isAutoStartup() {
    return settings.publish();
  }

  @Override
  public void start() {
    thread = Thread.ofPlatform().name("outbox").start(this::run);
  }

  /** Never interrupts: H2 closes its file under a thread that is interrupted while it reads. */
  @Override
  public void stop() {
    Thread running = thread;
    stopping.countDown();
    outbox.wake();
    if (running != null) {
      try {
        running.join(Duration.ofSeconds(15));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    thread = null;
  }

  @Override
  public boolean isRunning() {
    Thread running = thread;
    return running != null && running.isAlive();
  }

  private boolean stopped() {
    return stopping.getCount() == 0;
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    try {
      while (!stopped()) {
        if (publishAll()) {
          pause = FIRST_PAUSE;
          outbox.awaitNews(settings.pollInterval().toMillis());
        } else {
          stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
          pause = Collections.min(List.of(pause.multipliedBy(2), settings.longestPause()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean publishAll() {
    try {
      int seen;
      do {
        seen = publisher.publishBatch();
        recovered();
      } while (seen > 0 && !stopped());
      return true;
    } catch (AmqpException e) {
      failed("the broker is away: accepted work waits in the database", e);
    } catch (DataAccessException | TransactionException e) {
      failed("the database is away: what was accepted waits there", e);
    } catch (RuntimeException e) {
      // Our bug; it must not end the one thread that publishes.
      if (trouble == null) {
        log.atError().setCause(e).log("publishing failed by a fault of the producer");
      }
      failed("publishing fails by a fault of the producer; its log has the cause", e);
    }
    return false;
  }

  private void recovered() {
    Trouble over = trouble;
    if (over != null) {
      trouble = null;
      log.atInfo()
          .addKeyValue(LogKeys.ELAPSED_MS, Duration.between(over.since(), Instant.now()).toMillis())
          .log("publishing again");
    }
  }

  private void failed(String note, RuntimeException e) {
    Trouble before = trouble;
    String cause = NestedExceptionUtils.getMostSpecificCause(e).toString();
    trouble = new Trouble(before == null ? Instant.now() : before.since(), note, cause);
    if (before == null) {
      log.atWarn()
          .addKeyValue(LogKeys.REASON, cause)
          .log("cannot publish; accepted work waits in the database");
    }
  }
}
