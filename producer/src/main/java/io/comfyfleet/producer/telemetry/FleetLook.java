package io.comfyfleet.producer.telemetry;

import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.producer.broker.QueueDepths;
import io.comfyfleet.producer.outbox.Outbox;
import io.comfyfleet.producer.run.LiveJobs;
import io.comfyfleet.topology.Topology;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Looks at the fleet every few seconds, so that a scrape asks neither broker nor database and never
 * waits for one that is away. Thread-safe.
 */
@Component
class FleetLook {
  private static final Logger log = LoggerFactory.getLogger(FleetLook.class);
  private static final int MOST_IN_HAND = 1_000;

  private final QueueDepths queues;
  private final WaitingTable waiting;
  private final Outbox outbox;
  private final Lanes lanes;
  private final LiveJobs live;
  private final IdleSlots idle;
  private final Clock clock;
  private final ReentrantLock looking = new ReentrantLock();
  private volatile Look last = Look.NOTHING;

  FleetLook(
      QueueDepths queues,
      WaitingTable waiting,
      Outbox outbox,
      Lanes lanes,
      LiveJobs live,
      IdleSlots idle,
      Clock clock) {
    this.queues = queues;
    this.waiting = waiting;
    this.outbox = outbox;
    this.lanes = lanes;
    this.live = live;
    this.idle = idle;
    this.clock = clock;
  }

  /** What the last look saw. */
  Look last() {
    return last;
  }

  /** At a fixed rate, since a look that waits for a broker must not hold up other schedules. */
  @Scheduled(fixedRateString = "${fleet.metrics.interval:5s}")
  void look() {
    if (!looking.tryLock()) {
      return;
    }
    try {
      last = seen(depths(), clock.instant());
      idle.count(last);
    } finally {
      looking.unlock();
    }
  }

  /** By queue, without those that are not there; empty when the broker is not there. */
  private Map<String, Double> depths() {
    List<String> names = new ArrayList<>(List.of(Topology.RESULTS, Topology.DEAD));
    lanes.names().forEach(lane -> names.add(Topology.laneQueue(lane)));
    Map<String, Double> depths = new HashMap<>();
    queues.of(names).depths().forEach((queue, depth) -> depths.put(queue, depth.doubleValue()));
    return depths;
  }

  private Look seen(Map<String, Double> depth, Instant now) {
    try {
      Map<String, Double> oldest = new HashMap<>();
      for (String lane : lanes.names()) {
        Double jobs = depth.get(Topology.laneQueue(lane));
        if (jobs != null) {
          oldest.put(lane, jobs == 0 ? 0 : oldest(lane, now));
        }
      }
      Outbox.Backlog backlog = outbox.backlog();
      double lag = backlog.oldest() == null ? 0 : seconds(backlog.oldest(), now);
      return new Look(depth, oldest, backlog.count(), lag);
    } catch (DataAccessException | TransactionException e) {
      log.atDebug().setCause(e).log("look at the database failed, will be repeated");
      return new Look(depth, Map.of(), Double.NaN, Double.NaN);
    }
  }

  /** The job table does not know which jobs run; the nodes tell. */
  private double oldest(String lane, Instant now) {
    int limit = Math.min(MOST_IN_HAND, live.count() + 1);
    return waiting.oldest(lane, limit).stream()
        .filter(job -> !live.isInHand(job.jobId()))
        .findFirst()
        .map(job -> seconds(job.createdAt(), now))
        .orElse(0.0);
  }

  private static double seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toMillis() / 1000.0);
  }
}
