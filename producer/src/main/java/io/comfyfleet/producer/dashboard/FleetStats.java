package io.comfyfleet.producer.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fleet in figures.
 *
 * @param waiting accepted jobs that no node has in hand, those that wait for other jobs not counted
 * @param blocked jobs that wait for other jobs of their run
 * @param running jobs in the hands of nodes
 * @param slots jobs that the nodes which take jobs now can run at once
 * @param slotsInUse jobs that those nodes have in hand
 * @param oldestWaitSeconds age of the oldest waiting job; null when none waits
 * @param succeeded jobs that succeeded in the last hour
 * @param failed jobs that failed in the last hour
 * @param successRate share of the last hour's ended jobs that succeeded, 0 to 1, cancelled ones not
 *     counted; null when none ended
 * @param lastDay the same of the last 24 hours, up to half a minute old
 * @param throughput jobs that ended in each of the last sixty minutes, oldest first, gaps filled
 */
record FleetStats(
    long waiting,
    long blocked,
    long running,
    int slots,
    int slotsInUse,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Long oldestWaitSeconds,
    long succeeded,
    long failed,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Double successRate,
    Outcomes lastDay,
    List<Minute> throughput) {

  /**
   * How jobs ended.
   *
   * @param succeeded all outputs are in the store
   * @param failed given up
   * @param successRate share of the two that succeeded, 0 to 1; null when there were none
   */
  record Outcomes(
      long succeeded,
      long failed,
      @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Double successRate) {
    static Outcomes of(long succeeded, long failed) {
      long all = succeeded + failed;
      return new Outcomes(succeeded, failed, all == 0 ? null : (double) succeeded / all);
    }
  }

  /**
   * What ended in one minute.
   *
   * @param minute its begin
   * @param succeeded jobs that succeeded
   * @param failed jobs that failed
   */
  record Minute(Instant minute, long succeeded, long failed) {}
}
