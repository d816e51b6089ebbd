package io.comfyfleet.job;

import java.time.Instant;

/**
 * One ended try of a job by one worker.
 *
 * @param number from 1; an attempt that does not count has the number of the one that follows it
 * @param nodeId the node that tried
 * @param startedAt when the worker took the job
 * @param endedAt when the attempt ended
 * @param error why it did not succeed
 */
public record Attempt(
    int number, String nodeId, Instant startedAt, Instant endedAt, JobError error) {
  /** Checks that every part is there. */
  public Attempt {
    Require.within("attempts[].number", number, 1, 1000);
    Require.present("attempts[].node_id", nodeId);
    Require.present("attempts[].started_at", startedAt);
    Require.present("attempts[].ended_at", endedAt);
    Require.present("attempts[].error", error);
  }

  /** Whether it is one of the job's {@code max_attempts}. */
  public boolean counts() {
    return switch (error.destiny()) {
      case RETRY, DEAD -> true;
      case ELSEWHERE, GIVE_BACK, CLOSE_NODE, WITHDRAWN -> false;
    };
  }
}
