package io.comfyfleet.producer.run;

import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.QueueDepths;
import io.comfyfleet.topology.Topology;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Whether jobs of a run may still wait on the broker, whoever reads them: that none came means
 * something only while what comes is read. Thread-safe.
 */
@Component
class IntakeWatch {
  private final QueueDepths queues;
  private final ConsumerPause pause;
  private final Clock clock;
  private final ReentrantLock looking = new ReentrantLock();
  private final Calm calm;
  private volatile @Nullable Instant asOf;

  IntakeWatch(QueueDepths queues, ConsumerPause pause, RunSettings settings, Clock clock) {
    this.queues = queues;
    this.pause = pause;
    this.clock = clock;
    this.calm = new Calm(settings.quietPeriod());
  }

  /** Nothing waited then, nor for a while before; null when that is not sure. */
  @Nullable Instant nothingWaitedAt() {
    return asOf;
  }

  /** At a fixed rate, since a look that waits for a broker must not hold up other schedules. */
  @Scheduled(fixedRate = 1_000)
  void look() {
    if (!looking.tryLock()) {
      return;
    }
    try {
      QueueDepths.Depths told = queues.of(List.of(Topology.INTAKE));
      boolean nothing =
          told.reachable()
              && told.depths().getOrDefault(Topology.INTAKE, 0L) == 0
              // What could not be taken is in a consumer's hands between two tries.
              && !pause.isPausing(Topology.INTAKE);
      calm.saw(nothing, clock.instant());
      asOf = calm.asOf();
    } finally {
      looking.unlock();
    }
  }
}
