package io.comfyfleet.producer.dashboard;

import io.comfyfleet.node.NodeState;
import io.comfyfleet.producer.broker.Lanes;
import io.comfyfleet.producer.broker.QueueDepths;
import io.comfyfleet.producer.node.NodeView;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.producer.run.LiveJobs;
import io.comfyfleet.topology.Topology;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The fleet's figures, from the database, the broker and what the nodes tell. At most a second old.
 * Thread-safe.
 */
@Component
class Figures {
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Duration DAY_FRESH = Duration.ofSeconds(30);
  private static final int MINUTES = 60;
  private static final Set<NodeState> TAKING_JOBS = EnumSet.of(NodeState.ONLINE, NodeState.BUSY);

  private final FiguresTable table;
  private final QueueDepths depths;
  private final Lanes lanes;
  private final Nodes nodes;
  private final LiveJobs live;
  private final Clock clock;
  private final Remembered<FleetStats.Outcomes> lastDay;
  private final Remembered<Picture> picture;

  Figures(
      FiguresTable table,
      QueueDepths depths,
      Lanes lanes,
      Nodes nodes,
      LiveJobs live,
      Clock clock) {
    this.table = table;
    this.depths = depths;
    this.lanes = lanes;
    this.nodes = nodes;
    this.live = live;
    this.clock = clock;
    this.lastDay =
        new Remembered<>(DAY_FRESH, () -> table.since(clock.instant().minus(Duration.ofDays(1))));
    this.picture = new Remembered<>(FRESH, this::look);
  }

  private record Picture(FleetStats stats, FleetQueues queues) {}

  /** The fleet in figures. */
  FleetStats stats() {
    return picture.get().stats();
  }

  /** What waits where. */
  FleetQueues queues() {
    return picture.get().queues();
  }

  private Picture look() {
    Instant now = clock.instant();
    Set<UUID> inHand = live.inHand();
    Map<String, FiguresTable.Backlog> backlog = table.openBut(inHand);
    Map<String, Long> running = table.open(inHand);
    return new Picture(stats(now, backlog, running), queues(now, backlog, running));
  }

  private FleetStats stats(
      Instant now, Map<String, FiguresTable.Backlog> backlog, Map<String, Long> running) {
    List<NodeView> taking = taking();
    FleetStats.Outcomes lastHour = table.since(now.minus(Duration.ofHours(1)));
    return new FleetStats(
        backlog.values().stream().mapToLong(FiguresTable.Backlog::jobs).sum(),
        table.blocked(),
        running.values().stream().mapToLong(Long::longValue).sum(),
        taking.stream().mapToInt(NodeView::slots).sum(),
        taking.stream().mapToInt(node -> node.jobs().size()).sum(),
        backlog.values().stream()
            .map(FiguresTable.Backlog::oldest)
            .filter(Objects::nonNull)
            .min(Instant::compareTo)
            .map(oldest -> age(oldest, now))
            .orElse(null),
        lastHour.succeeded(),
        lastHour.failed(),
        lastHour.successRate(),
        lastDay.get(),
        throughput(now));
  }

  private List<FleetStats.Minute> throughput(Instant now) {
    long last = now.getEpochSecond() / 60;
    long first = last - MINUTES + 1;
    Map<Long, FleetStats.Outcomes> ended = table.byMinute(Instant.ofEpochSecond(first * 60));
    FleetStats.Outcomes none = FleetStats.Outcomes.of(0, 0);
    return LongStream.rangeClosed(first, last)
        .mapToObj(minute -> {
          FleetStats.Outcomes outcomes = ended.getOrDefault(minute, none);
          return new FleetStats.Minute(
              Instant.ofEpochSecond(minute * 60), outcomes.succeeded(), outcomes.failed());
        })
        .toList();
  }

  private FleetQueues queues(
      Instant now, Map<String, FiguresTable.Backlog> backlog, Map<String, Long> running) {
    List<String> queues =
        new ArrayList<>(List.of(Topology.INTAKE, Topology.RESULTS, Topology.DEAD));
    lanes.names().forEach(lane -> queues.add(Topology.laneQueue(lane)));
    Topology.RETRY_DELAYS.forEach(delay -> queues.add(Topology.retry(delay)));
    QueueDepths.Depths told = depths.of(queues);
    Map<String, Long> retry = new LinkedHashMap<>();
    for (Duration delay : Topology.RETRY_DELAYS) {
      Long depth = told.depths().get(Topology.retry(delay));
      if (depth != null) {
        retry.put(delay.toSeconds() + "s", depth);
      }
    }
    return new FleetQueues(
        lanes.names().stream()
            .map(lane -> lane(lane, now, backlog.get(lane), running.getOrDefault(lane, 0L), told))
            .toList(),
        told.depths().get(Topology.INTAKE),
        told.depths().get(Topology.RESULTS),
        told.depths().get(Topology.DEAD),
        retry,
        told.reachable());
  }

  private FleetQueues.Lane lane(
      String lane,
      Instant now,
      FiguresTable.@Nullable Backlog backlog,
      long running,
      QueueDepths.Depths told) {
    List<String> servedBy =
        taking().stream().filter(node -> node.lanes().containsKey(lane)).map(NodeView::id).toList();
    Instant oldest = backlog == null ? null : backlog.oldest();
    return new FleetQueues.Lane(
        lane,
        Topology.laneQueue(lane),
        backlog == null ? 0 : backlog.jobs(),
        told.depths().get(Topology.laneQueue(lane)),
        running,
        oldest == null ? null : age(oldest, now),
        servedBy,
        servedBy.isEmpty());
  }

  private List<NodeView> taking() {
    return nodes.all().stream().filter(node -> TAKING_JOBS.contains(node.status())).toList();
  }

  private static long age(Instant oldest, Instant now) {
    return Math.max(0, Duration.between(oldest, now).toSeconds());
  }
}
