package io.comfyfleet.launch;

/** Where a person watches the nodes work. Safe for use by several threads. */
public interface Board extends AutoCloseable {

  /**
   * A node has come so far with a job.
   *
   * @param index the job's place in its run, from 0
   * @param fraction 0 to 1
   */
  void progress(String nodeId, int index, double fraction);

  /** A job has ended. {@code nodeId} may be empty when no node took it. */
  void ended(String nodeId, int index, boolean succeeded);

  @Override
  void close();
}
