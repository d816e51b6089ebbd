package io.comfyfleet.node;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An operator's word to one node or to all, on {@code fleet.control}. On the wire {@code kind} is
 * the type's name in lower case.
 */
public sealed interface ControlMessage {
  /** Take no more jobs; what runs goes on. */
  record Pause() implements ControlMessage {}

  /** Take jobs again. */
  record Resume() implements ControlMessage {}

  /** Take no more jobs, end what runs, exit: what SIGTERM does. */
  record Drain() implements ControlMessage {}

  /**
   * Run this many jobs at once.
   *
   * @param slots 1 to 64
   */
  record Slots(int slots) implements ControlMessage {
    /** Most jobs at once. */
    public static final int MOST = 64;
  }

  /**
   * Serve these lanes and no others.
   *
   * @param lanes lanes in the order in which they are looked at, and how many slots each may use
   */
  record Lanes(Map<String, Integer> lanes) implements ControlMessage {
    /** Most lanes of one node. */
    public static final int MOST = 64;

    /**
     * Copies the map and keeps its order.
     *
     * @throws InvalidMessageException when it is absent or empty, too large, or names a lane that
     *     cannot be or slots out of range
     */
    public Lanes {
      Told.present("lanes", lanes);
      if (lanes.isEmpty() || lanes.size() > MOST) {
        throw new InvalidMessageException(
            "lanes", "must be between 1 and " + MOST + " lanes, were " + lanes.size());
      }
      lanes.forEach(Lanes::check);
      lanes = Collections.unmodifiableMap(new LinkedHashMap<>(lanes));
    }

    private static void check(String lane, Integer slots) {
      Job.lane(lane);
      if (slots == null || slots < 1 || slots > Slots.MOST) {
        throw new InvalidMessageException(
            "lanes." + lane, "must be between 1 and " + Slots.MOST + " slots, was " + slots);
      }
    }
  }

  /**
   * Stop one job if it is in this node's hands.
   *
   * @param jobId the job
   */
  record Cancel(UUID jobId) implements ControlMessage {}

  /**
   * Stop every job of a run that is in this node's hands.
   *
   * @param runId the run
   */
  record CancelRun(String runId) implements ControlMessage {}

  /**
   * Put one job back to wait, uncounted: another node has the same job in hand, because its message
   * was published twice, or handed out anew.
   *
   * @param jobId the job
   */
  record Defer(UUID jobId) implements ControlMessage {}

  /**
   * A question of one node to all: whoever has this job in hand and at work tells the asker to
   * {@link Defer} it, and whoever has done it that it is {@link Done}. Asked before a job is taken
   * over whose last delivery broke off, because a broker that restarts hands out anew what is still
   * at work.
   *
   * @param jobId the job
   * @param replay number of its replay, for that is work of its own; null for none
   * @param tryName {@linkplain Job#tryName() name} of the try that the asker is to make, for one
   *     that ended without success is not made again either; null when an older node asks
   * @param nodeId who asks
   */
  record WhoHas(UUID jobId, @Nullable Integer replay, @Nullable String tryName, String nodeId)
      implements ControlMessage {}

  /**
   * Drop one job without a result: another node has done it, or has made this try of it, and what
   * follows from that is published.
   *
   * @param jobId the job
   * @param tryName the try that need not be made; null for any of the job
   */
  record Done(UUID jobId, @Nullable String tryName) implements ControlMessage {}
}
