package io.comfyfleet.bench;

import io.comfyfleet.bench.FaultKind.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

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
   * Moves strikes from nodes that are still down to free ones; without a free one it is dropped. Of
   * the producer and of the broker there is one: what would strike it while it is down comes later.
   */
  private static List<Strike> apart(List<Strike> drawn, int nodes) {
    Map<Target, Duration> downUntil = new EnumMap<>(Target.class);
    Duration[] busyUntil = new Duration[nodes + 1];
    Arrays.fill(busyUntil, Duration.ZERO);
    List<Strike> kept = new ArrayList<>();
    for (Strike strike : drawn) {
      if (strike.kind().target() != Target.NODE) {
        Duration up = downUntil.getOrDefault(strike.kind().target(), Duration.ZERO);
        Duration at = strike.at().compareTo(up) < 0 ? up : strike.at();
        downUntil.put(strike.kind().target(), at.plus(strike.lasts()).plus(REST));
        kept.add(new Strike(strike.kind(), strike.node(), at, strike.lasts()));
        continue;
      }
      int node = strike.node();
      for (int tries = 0; tries < nodes; tries++) {
        if (busyUntil[node].compareTo(strike.at()) <= 0) {
          break;
        }
        node = node % nodes + 1;
      }
      if (busyUntil[node].compareTo(strike.at()) > 0) {
        continue;
      }
      if (strike.kind().most() > 0) {
        busyUntil[node] = strike.at().plus(strike.lasts()).plus(REST);
      }
      kept.add(new Strike(strike.kind(), node, strike.at(), strike.lasts()));
    }
    return kept;
  }
}
