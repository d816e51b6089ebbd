package io.comfyfleet.simulator.fault;

/** A way a ComfyUI server goes wrong, as measured or reported on real ones. */
public enum Fault {
  /** The next websocket gets its first status and then nothing more, and is never closed. */
  DEAF_SOCKET,
  /** All websockets end without a close frame while a prompt runs. */
  SOCKET_DROP,
  /** The process dies while a prompt runs and comes back with queue and history empty. */
  RESTART,
  /** A prompt is accepted and queued, but the connection ends before the answer. */
  LOST_RESPONSE,
  /** After the next restart connections are refused for {@code seconds}. */
  SLOW_START,
  /** A prompt ends with {@code torch.OutOfMemoryError}. */
  OUT_OF_MEMORY,
  /** A prompt ends with a CUDA error, and so does every later one until a restart. */
  CUDA_FAULT,
  /** The worker thread dies with a prompt in hand: HTTP answers, nothing runs any more. */
  HANG,
  /** {@code /view} answers 404 for a file that was written. */
  VIEW_MISSING,
  /** Requests are answered with the status in {@code value} (500 when absent). */
  SERVER_ERROR,
  /** The history forgets a prompt as soon as it has finished. */
  HISTORY_EVICTED,
  /** The checkpoint list is empty, so a loader fails with {@code value_not_in_list}. */
  MODEL_MISSING,
  /** The node class in {@code value} is not installed. */
  NODE_MISSING,
  /** {@code /object_info} takes {@code seconds} to answer. */
  SLOW_OBJECT_INFO,
  /** A prompt runs and tells nothing of its progress. */
  SILENCE,
  /** The node that takes a prompt's time looks for no interrupt before it has ended. */
  LONG_NODE,
  /** A running prompt sends {@code value} progress messages at once (2000 when absent). */
  PROGRESS_FLOOD,
  /** A running prompt sends a text frame of {@code value} bytes (2 MiB when absent). */
  OVERSIZED_FRAME,
  /** An {@code ExecutionBlocked} error is sent, and the prompt succeeds nevertheless. */
  EXECUTION_BLOCKED,
  /** A prompt ends with a plain {@code RuntimeError}. */
  EXECUTION_ERROR,
  /**
   * {@code /api/jobs/{id}} tells the status in {@code value} of a running prompt, one that no
   * version has had so far.
   */
  UNKNOWN_STATUS
}
