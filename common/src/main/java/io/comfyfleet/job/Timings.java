package io.comfyfleet.job;

/**
 * Where a job's time went, in milliseconds of the worker's clock; 0 for what it did not reach.
 *
 * @param queuedMs from acceptance (of a retry: from its publishing) until the worker took it
 * @param prepareMs fetching and uploading inputs, submitting
 * @param runMs from submission until ComfyUI had finished, its own queue included
 * @param storeMs moving the outputs to the store
 */
public record Timings(long queuedMs, long prepareMs, long runMs, long storeMs) {
  /** A job that never reached a worker. */
  public static final Timings NONE = new Timings(0, 0, 0, 0);

  /** Clocks of two machines differ: a negative wait counts as none. */
  public Timings {
    queuedMs = Math.max(0, queuedMs);
    prepareMs = Math.max(0, prepareMs);
    runMs = Math.max(0, runMs);
    storeMs = Math.max(0, storeMs);
  }
}
