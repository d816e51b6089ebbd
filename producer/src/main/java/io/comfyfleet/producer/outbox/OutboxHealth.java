package io.comfyfleet.producer.outbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Says how much accepted work waits for the broker. Never down by itself: work is taken and kept
 * while the broker is away, and the broker has its own entry.
 */
@Component("outboxHealthIndicator")
class OutboxHealth implements HealthIndicator {
  private final OutboxTable table;
  private final OutboxLoop loop;
  private final Clock clock;

  OutboxHealth(OutboxTable table, OutboxLoop loop, Clock clock) {
    this.table = table;
    this.loop = loop;
    this.clock = clock;
  }

  @Override
  public Health health() {
    Outbox.Backlog backlog = table.backlog();
    Health.Builder health =
        Health.up()
            .withDetail("publishing", loop.isRunning())
            .withDetail("waiting", backlog.count());
    Instant oldest = backlog.oldest();
    if (oldest != null) {
      Duration age = Duration.between(oldest, clock.instant());
      health.withDetail("oldest_seconds", Math.max(0, age.toSeconds()));
    }
    OutboxLoop.Trouble trouble = loop.trouble();
    if (trouble != null) {
      health
          .withDetail("note", trouble.note())
          .withDetail("since", trouble.since())
          .withDetail("reason", trouble.reason());
    }
    return health.build();
  }
}
