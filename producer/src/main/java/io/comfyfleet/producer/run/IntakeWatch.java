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
      // Absent when the broker is away, or does not tell.
      Long waiting = queues.of(List.of(Topology.INTAKE)).depths().get(Topology.INTAKE);
      calm.saw(seen(waiting), clock.instant());
      asOf = calm.asOf();
    } finally {
      looking.unlock();
    }
  }

  private Calm.Look seen(@Nullable Long waiting) {
    // What could not be taken is in a consumer's hands between two tries.
    if (waiting == null || pause.isPausing(Topology.INTAKE)) {
      return Calm.Look.UNREAD;
    }
    return waiting == 0 ? Calm.Look.EMPTY : Calm.Look.WAITING;
  }
}
