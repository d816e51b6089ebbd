package io.comfyfleet.topology;

import java.time.Duration;
import java.util.List;

/** Names of everything on the broker. Who declares them: {@link TopologyDeclaration}. */
public final class Topology {
  /** Direct exchange; routing key = lane. */
  public static final String JOBS = "fleet.jobs";

  /** Queue for plain JSON job requests from anybody. */
  public static final String INTAKE = "fleet.intake";

  /** Direct exchange to {@link #INTAKE} and {@link #RESULTS}, routing key = queue name. */
  public static final String FLEET = "fleet";

  /** Reply queue: every terminal outcome, and its routing key on {@link #FLEET}. */
  public static final String RESULTS = "fleet.results";

  /** Topic exchange for {@link #RUN_COMPLETED} and {@link #JOB_DEAD}. */
  public static final String RUNS = "fleet.runs";

  /** Routing key of a run's end on {@link #RUNS}. */
  public static final String RUN_COMPLETED = "run.completed";

  /** Bounded queue of run ends, for n8n's Trigger node. */
  public static final String RUNS_COMPLETED_QUEUE = "fleet.runs.completed";

  /** Routing key of word of a new dead letter on {@link #RUNS}. */
  public static final String JOB_DEAD = "job.dead";

  /** Bounded queue of words of dead letters, for n8n's Trigger node. */
  public static final String DEAD_EVENTS_QUEUE = "fleet.dead.events";

  /** Fanout exchange of the dead letters, and the name of their one queue. */
  public static final String DEAD = "fleet.dead";

  /**
   * Queue with a copy of each dead letter, for the producer: it ends the jobs of letters that no
   * worker will answer for. Looking into {@link #DEAD} itself is for people.
   */
  public static final String DEAD_NOTICES = "fleet.dead.notices";

  /**
   * Queue of jobs that the node which had them can never do, and its routing key on {@link #FLEET}:
   * the producer, who knows the nodes, sends them on or gives them up.
   */
  public static final String ELSEWHERE = "fleet.elsewhere";

  /** Topic exchange, transient: heartbeats ({@code heartbeat.NODE}) and progress. */
  public static final String EVENTS = "fleet.events";

  /** Topic exchange: routing key {@link #CONTROL_ALL} or {@link #controlKey}. */
  public static final String CONTROL = "fleet.control";

  /** Routing key of a word to all nodes on {@link #CONTROL}. */
  public static final String CONTROL_ALL = "all";

  /**
   * Steps of back-off between attempts, shortest first. A fixed ladder of queues rather than a TTL
   * per message, because a queue expires messages only at its head: a long wait would hold up the
   * short ones behind it.
   */
  public static final List<Duration> RETRY_DELAYS =
      List.of(
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(15),
          Duration.ofSeconds(60),
          Duration.ofMinutes(5));

  private Topology() {}

  /** The queue of a lane. */
  public static String laneQueue(String lane) {
    return JOBS + "." + lane;
  }

  /**
   * Exchange and queue that hold a message for that long and give it back to {@link #JOBS} with its
   * routing key, the lane, unchanged.
   *
   * @param delay one of {@link #RETRY_DELAYS}
   */
  public static String retry(Duration delay) {
    return "fleet.retry." + delay.toSeconds() + "s";
  }

  /** The shortest step of the ladder that is not shorter than the wish, or the longest there is. */
  public static Duration retryDelay(Duration wish) {
    return RETRY_DELAYS.stream()
        .filter(step -> step.compareTo(wish) >= 0)
        .findFirst()
        .orElse(RETRY_DELAYS.getLast());
  }

  /** Routing key of a word to one node on {@link #CONTROL}. */
  public static String controlKey(String nodeId) {
    return "node." + nodeId;
  }

  /** Routing key of a node's heartbeat on {@link #EVENTS}. */
  public static String heartbeatKey(String nodeId) {
    return "heartbeat." + nodeId;
  }

  /** Routing key of a job's progress on {@link #EVENTS}. */
  public static String progressKey(String runId) {
    return "progress." + runId;
  }
}
