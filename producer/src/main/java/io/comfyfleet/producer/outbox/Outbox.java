package io.comfyfleet.producer.outbox;

import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Where the rest of the program leaves messages for the broker. */
@Component
public class Outbox {
  private final OutboxTable table;
  private final Clock clock;
  private final Semaphore news = new Semaphore(0);

  Outbox(OutboxTable table, Clock clock) {
    this.table = table;
    this.clock = clock;
  }

  /**
   * What waits.
   *
   * @param count messages that the broker does not have yet
   * @param oldest since when the oldest could have gone; null when none waits
   */
  public record Backlog(long count, @Nullable Instant oldest) {}

  /** What waits now. */
  public Backlog backlog() {
    return table.backlog();
  }

  /** Keeps the message in the caller's transaction; it is published after the commit. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void add(OutboxMessage message) {
    table.insert(message, clock.instant());
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            wake();
          }
        });
  }

  /**
   * Takes back the message of a job, in the caller's transaction. One that is being published now
   * goes all the same, and is not repeated.
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void withdraw(UUID jobId) {
    table.delete(table.claimJob(jobId));
  }

  /** Lets {@link #awaitNews} return. */
  void wake() {
    news.release();
  }

  /** Returns after the next commit with a message in it, at once if there was one, or in time. */
  void awaitNews(long millis) throws InterruptedException {
    if (news.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
      news.drainPermits();
    }
  }
}
