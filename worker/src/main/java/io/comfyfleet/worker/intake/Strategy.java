package io.comfyfleet.worker.intake;

import io.comfyfleet.worker.node.Node;
import java.util.Locale;

/**
 * Which of several nodes with a free slot gets the next job. A free slot is a consumer at its lane,
 * and the broker serves consumers of a higher priority first, those of the same one in turns; so a
 * strategy is nothing but a priority. When no slot is free anywhere a job waits for the next one,
 * whatever the strategy. All nodes of a fleet should have the same.
 *
 * @see <a href="https://www.rabbitmq.com/docs/consumer-priority">Consumer priorities</a>
 */
public enum Strategy {
  /** The node that has the fewest jobs in hand. */
  LEAST_CONNECTIONS {
    @Override
    int priority(Node node, String lane) {
      return -node.inHand().size();
    }
  },
  /** Each in turn, a node as often as it has free slots: its slots are its weight. */
  WEIGHTED {
    @Override
    int priority(Node node, String lane) {
      return 0;
    }
  },
  /**
   * The node that needed the least time for the latest jobs of the lane's type. One that has done
   * none yet comes first, so that it is measured; one that has only failed comes last.
   */
  FASTEST {
    @Override
    int priority(Node node, String lane) {
      Double seconds = node.secondsPerJob(type(lane));
      if (seconds != null) {
        return Math.clamp(Math.round(-STEPS * Math.log(seconds) / Math.log(2)), -MOST, MOST);
      }
      return node.hasOnlyFailed() ? -MOST - 1 : MOST + 1;
    }
  };

  /** Nodes whose times differ by less than about a fifth count as equally fast. */
  private static final double STEPS = 4;

  private static final int MOST = 100;

  /** Its name in settings and heartbeats. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Priority of a consumer of that lane, as things stand; higher is served first. */
  abstract int priority(Node node, String lane);

  /** A lane is named after its type, with a capability behind a dot. */
  private static String type(String lane) {
    int dot = lane.indexOf('.');
    return dot < 0 ? lane : lane.substring(0, dot);
  }
}
