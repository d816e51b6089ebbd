package io.comfyfleet.producer.node;

import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.telemetry.LogKeys;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every node that was heard of lately, as it last told. Silence is measured with this producer's
 * clock, so a wrong clock on a GPU machine does no harm. Thread-safe.
 */
public class Nodes {
  private static final Logger log = LoggerFactory.getLogger(Nodes.class);
  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

  private final NodeSettings settings;
  private final InstantSource clock;
  private final ConcurrentMap<String, Heard> heard = new ConcurrentHashMap<>();

  Nodes(NodeSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** Whether a node takes jobs of that lane now: it is online or busy and lists the lane. */
  public boolean serves(String lane) {
    return taking(lane) > 0;
  }

  /** How many nodes take jobs of that lane now. */
  public long taking(String lane) {
    return all().stream()
        .filter(node ->
            (node.status() == NodeState.ONLINE || node.status() == NodeState.BUSY)
                && node.lanes().containsKey(lane))
        .count();
  }

  /** The nodes that serve that lane now or may do so again without being started anew. */
  public Set<String> serving(String lane) {
    return all().stream()
        .filter(node ->
            node.status() != NodeState.OFFLINE
                && node.status() != NodeState.DRAINING
                && node.lanes().containsKey(lane))
        .map(NodeView::id)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether that node's heartbeats come. */
  public boolean alive(String id) {
    Heard node = heard.get(id);
    return node != null && view(node).status() != NodeState.OFFLINE;
  }

  void hear(Heartbeat beat) {
    Heard before = heard.put(beat.nodeId(), new Heard(beat, clock.instant()));
    if (before == null || changed(before.beat().state(), beat.state())) {
      log.atInfo()
          .addKeyValue(LogKeys.WORKER, beat.nodeId())
          .addKeyValue(LogKeys.STATE, beat.state())
          .addKeyValue(LogKeys.REASON, beat.reason())
          .log("node state");
    }
  }

  /** A node that goes to and fro between free and busy does its work; that is no news. */
  private static boolean changed(NodeState before, NodeState now) {
    Set<NodeState> working = EnumSet.of(NodeState.ONLINE, NodeState.BUSY);
    return before != now && !(working.contains(before) && working.contains(now));
  }

  /** All that are listed, ordered by id. */
  public List<NodeView> all() {
    forgetTheSilent();
    return heard.values().stream()
        .map(this::view)
        .sorted(Comparator.comparing(NodeView::id))
        .toList();
  }

  Optional<NodeView> find(String id) {
    forgetTheSilent();
    return Optional.ofNullable(heard.get(id)).map(this::view);
  }

  private void forgetTheSilent() {
    Instant oldest = clock.instant().minus(settings.forgetAfter());
    heard.values().removeIf(node -> node.at().isBefore(oldest));
  }

  private NodeView view(Heard node) {
    Heartbeat beat = node.beat();
    Duration interval =
        beat.interval().compareTo(SHORTEST_INTERVAL) < 0 ? SHORTEST_INTERVAL : beat.interval();
    Duration silence = Duration.between(node.at(), clock.instant());
    boolean silent = silence.compareTo(interval.multipliedBy(settings.missedBeats())) > 0;
    return silent && beat.state() != NodeState.OFFLINE
        ? NodeView.of(
            beat,
            NodeState.OFFLINE,
            "no heartbeat for "
                + silence.toSeconds()
                + " s, due every "
                + interval.toSeconds()
                + " s",
            node.at())
        : NodeView.of(beat, beat.state(), beat.reason(), node.at());
  }

  private record Heard(Heartbeat beat, Instant at) {}
}
