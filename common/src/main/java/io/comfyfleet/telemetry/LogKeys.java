package io.comfyfleet.telemetry;

/** Keys of structured log lines. Nothing else is used as a key. */
public final class LogKeys {
  /** Job id. */
  public static final String JOB_ID = "jobId";

  /** Run id. */
  public static final String RUN_ID = "runId";

  /** Job type. */
  public static final String KIND = "kind";

  /** Number of the attempt, from 1. */
  public static final String ATTEMPT = "attempt";

  /** Node id of the worker. */
  public static final String WORKER = "worker";

  /** Queue name. */
  public static final String QUEUE = "queue";

  /** Lane. */
  public static final String LANE = "lane";

  /** Whether the broker marked the delivery as redelivered. */
  public static final String REDELIVERED = "redelivered";

  /** How something ended. */
  public static final String OUTCOME = "outcome";

  /** Why. */
  public static final String REASON = "reason";

  /** Duration in milliseconds. */
  public static final String ELAPSED_MS = "elapsedMs";

  /** Address of a server. */
  public static final String URL = "url";

  /** ComfyUI's id of a prompt. */
  public static final String PROMPT_ID = "promptId";

  /** State of a node. */
  public static final String STATE = "state";

  /** Trace id, 32 hexadecimal digits, of a job that is traced. */
  public static final String TRACE_ID = "traceId";

  /** How many. */
  public static final String COUNT = "count";

  private LogKeys() {}
}
