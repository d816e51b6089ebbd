package io.comfyfleet.telemetry;

/**
 * Names of all meters, dotted lower case; times are in seconds, sizes in bytes. Nothing else is
 * used as a name. No tag has an id for a value, so the number of series does not grow with the
 * number of jobs. docs/metrics.md shows the same with the names that Prometheus sees.
 */
public final class MetricNames {
  /** Timer, worker, {@code type template}: acceptance, or end of the last attempt, until taken. */
  public static final String JOB_WAIT = "fleet.job.wait";

  /** Timer, worker, {@code type template}: submission until ComfyUI had finished. */
  public static final String JOB_RUN = "fleet.job.run";

  /** Timer, worker, {@code type}: moving the outputs of a finished prompt to the store. */
  public static final String JOB_STORE = "fleet.job.store";

  /**
   * Counter, worker, {@code outcome reason type}: attempts that ended. Outcome is {@code
   * succeeded}, {@code deferred}, or the {@link io.comfyfleet.job.Destiny} of the error in lower
   * case; reason its code, {@code none} without an error.
   */
  public static final String ATTEMPTS = "fleet.attempts";

  /** Counter, worker, {@code type}: jobs put to wait for their next attempt. */
  public static final String RETRIES = "fleet.retries";

  /**
   * Counter, worker, {@code type}: attempts on a delivery that somebody had, or may have had,
   * before.
   */
  public static final String REDELIVERIES = "fleet.redeliveries";

  /** Counter, worker, {@code type}: attempts that found their prompt in ComfyUI already. */
  public static final String REATTACHMENTS = "fleet.reattachments";

  /** Counter, worker: deliveries given back to their queue. */
  public static final String GIVEN_BACK = "fleet.deliveries.given.back";

  /** Counter, both, {@code reason}: letters published to the dead letters. */
  public static final String DEAD_LETTERS = "fleet.dead.letters";

  /** Counter, worker: runs of a graph that loads other models than the one before on this node. */
  public static final String MODEL_SWITCHES = "fleet.model.switches";

  /** Gauge, worker: jobs that the node may run at once. */
  public static final String SLOTS = "fleet.slots";

  /** Gauge, worker: jobs that the node has in hand. */
  public static final String SLOTS_USED = "fleet.slots.used";

  /** Gauge, worker: 1 when the node takes jobs, 0 when it does not. */
  public static final String NODE_READY = "fleet.node.ready";

  /** Timer, both, {@code outcome}: until the broker's word on a published message. */
  public static final String PUBLISH_CONFIRM = "fleet.publish.confirm";

  /** Counter, producer, {@code type}: jobs accepted. */
  public static final String JOBS_ACCEPTED = "fleet.jobs.accepted";

  /** Counter, producer, {@code status reason type}: jobs that ended, each once. */
  public static final String JOBS_ENDED = "fleet.jobs.ended";

  /** Counter, producer: results of jobs that had ended already; dropped. */
  public static final String RESULTS_REPEATED = "fleet.results.repeated";

  /** Gauge, producer, {@code lane}: jobs that wait in the lane's queue. */
  public static final String QUEUE_DEPTH = "fleet.queue.depth";

  /** Gauge, producer, {@code lane}: age of the oldest job that waits; 0 when none does. */
  public static final String QUEUE_OLDEST = "fleet.queue.oldest";

  /** Gauge, producer, {@code lane}: nodes that take jobs of the lane now. */
  public static final String LANE_NODES = "fleet.lane.nodes";

  /** Gauge, producer, {@code state}: nodes in that state. */
  public static final String NODES = "fleet.nodes";

  /** Counter, producer: seconds times free slots, while a job waits that they could take. */
  public static final String GPU_IDLE = "fleet.gpu.idle";

  /** Gauge, producer: dead letters. */
  public static final String DEAD_DEPTH = "fleet.dead.depth";

  /** Gauge, producer: accepted messages that the broker does not have yet. */
  public static final String OUTBOX_DEPTH = "fleet.outbox.depth";

  /** Gauge, producer: for how long the oldest of them could have gone; 0 when there is none. */
  public static final String OUTBOX_LAG = "fleet.outbox.lag";

  /** Gauge, producer: results that wait for the aggregator. */
  public static final String RESULTS_DEPTH = "fleet.results.depth";

  /** Timer, producer: from the end of a job on its node until its result is kept. */
  public static final String AGGREGATOR_LAG = "fleet.aggregator.lag";

  /** Gauge, producer: free bytes of the disk under the output store. */
  public static final String STORE_FREE = "fleet.store.free";

  private MetricNames() {}
}
