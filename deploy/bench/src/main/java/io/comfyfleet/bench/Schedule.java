package io.comfyfleet.bench;

import io.comfyfleet.bench.FaultKind.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * When which fault strikes what. The same seed, kinds, nodes and length give the same schedule;
 * each kind draws from a source of its own, so leaving one out hardly moves the others.
 *
 * @param strikes in the order of their times
 */
record Schedule(List<Strike> strikes) {

  private static final Duration QUIET_START = Duration.ofSeconds(2);

  /** What was just hurt for a while is left alone for so long afterwards. */
  private static final Duration REST = Duration.ofSeconds(8);

  private static final int NODES_OF_RATE = 6;

  Schedule {
    strikes = List.copyOf(strikes);
  }

  static Schedule of(long seed, Set<FaultKind> kinds, int nodes, Duration length) {
    List<Strike> drawn = new ArrayList<>();
    for (FaultKind kind : kinds) {
      if (kind.target() != Target.REQUEST) {
        drawn.addAll(
            draw(new SplittableRandom(seed ^ kind.wireName().hashCode()), kind, nodes, length));
      }
    }
    drawn.sort(Comparator.comparing(Strike::at).thenComparing(Strike::kind));
    List<Strike> apart = apart(drawn, nodes);
    apart.sort(Comparator.comparing(Strike::at));
    return new Schedule(apart);
  }

  /** One strike somewhere in each of as many equal parts of the time as strikes are due. */
  private static List<Strike> draw(
      SplittableRandom random, FaultKind kind, int nodes, Duration length) {
    double due = (double) length.toSeconds() / kind.everySeconds();
    if (kind.target() == Target.NODE) {
      due = due * nodes / NODES_OF_RATE;
    }
    long count = Math.max(1, Math.round(due));
    double part = (double) length.minus(QUIET_START).toMillis() / count;
    List<Strike> strikes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long at = QUIET_START.toMillis() + Math.round(part * (i + random.nextDouble(0.05, 0.95)));
      int node = kind.target() == Target.NODE ? random.nextInt(1, nodes + 1) : 0;
      Duration lasts =
          Duration.ofMillis(random.nextInt(kind.least() * 1000, kind.most() * 1000 + 1));
      boolean reset = random.nextInt(3) == 0;
      if (kind.isCut() && reset) {
        lasts = Duration.ZERO;
      }
      strikes.add(new Strike(kind, node, Duration.ofMillis(at), lasts));
    }
    return strikes;
  }

  /**
   * Moves strikes from nodes that are still down, or where the same fault may still be armed, to
   * free ones; without a free one it is dropped. Of the producer and of the broker there is one:
   * what would strike it while it is down comes later.
   */
  private static List<Strike> apart(List<Strike> drawn, int nodes) {
    Map<Target, Duration> downUntil = new EnumMap<>(Target.class);
    List<Occupied> occupied =
        IntStream.rangeClosed(1, nodes).mapToObj(node -> new Occupied()).toList();
    List<Strike> kept = new ArrayList<>();
    for (Strike strike : drawn) {
      if (strike.kind().target() != Target.NODE) {
        Duration up = downUntil.getOrDefault(strike.kind().target(), Duration.ZERO);
        Duration at = strike.at().compareTo(up) < 0 ? up : strike.at();
        downUntil.put(strike.kind().target(), at.plus(strike.lasts()).plus(REST));
        kept.add(new Strike(strike.kind(), strike.node(), at, strike.lasts()));
        continue;
      }
      for (int tries = 0; tries < nodes; tries++) {
        int node = (strike.node() - 1 + tries) % nodes;
        if (occupied.get(node).isFreeFor(strike)) {
          occupied.get(node).take(strike);
          kept.add(new Strike(strike.kind(), node + 1, strike.at(), strike.lasts()));
          break;
        }
      }
    }
    return kept;
  }

  /** How long a node is taken. */
  private static final class Occupied {

    private Duration down = Duration.ZERO;

    /** By the simulator's fault: armed again, it would strike once for two strikes. */
    private final Map<String, Duration> armed = new HashMap<>();

    boolean isFreeFor(Strike strike) {
      return down.compareTo(strike.at()) <= 0
          && strike.kind().armed().stream()
              .noneMatch(
                  fault -> armed.getOrDefault(fault, Duration.ZERO).compareTo(strike.at()) > 0);
    }

    void take(Strike strike) {
      if (strike.kind().most() > 0) {
        down = strike.at().plus(strike.lasts()).plus(REST);
      }
      Duration until = strike.at().plus(Striker.ARMED_LIMIT).plus(REST);
      strike.kind().armed().forEach(fault -> armed.put(fault, until));
    }
  }
}
