package io.comfyfleet.job;

/**
 * What becomes of a job after an attempt that ended with an error. Which one, is a property of the
 * error ({@link JobError#destiny()}), told in one place ({@link ErrorCode}).
 */
public enum Destiny {
  /**
   * The attempt counts. Another follows after a wait, on any node, as long as attempts are left;
   * then the job is dead.
   */
  RETRY,
  /**
   * The attempt does not count, and this node never tries the job again. Another one does; when
   * every live node that serves the lane is ruled out, the job is dead ({@link
   * ErrorCode#NO_CAPABLE_NODE}).
   */
  ELSEWHERE,
  /** Nothing happened that is worth a note: the job goes back to its queue at once. */
  GIVE_BACK,
  /**
   * The node is to blame: it takes no jobs until it has proved itself. The attempt does not count,
   * but is noted; a job that was there when {@value Job#MOST_SETBACKS} nodes broke is dead, since
   * it may be what breaks them.
   */
  CLOSE_NODE,
  /** No attempt can cure it: the job is dead, and among the dead letters. */
  DEAD,
  /** Nobody wants the job any more: it ends without a dead letter. */
  WITHDRAWN
}
