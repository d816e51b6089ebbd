package io.comfyfleet.producer.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits where.
 *
 * @param lanes each lane, in the order of the configuration
 * @param intake requests that nobody has read yet; null, as all the others, when the broker does
 *     not answer or the queue is not there
 * @param results results that are not recorded yet
 * @param dead dead letters
 * @param retry jobs that wait for their next attempt, by the wait
 * @param brokerReachable whether the broker answered
 */
record FleetQueues(
    List<Lane> lanes,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Long intake,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Long results,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Long dead,
    Map<String, Long> retry,
    boolean brokerReachable) {

  /**
   * One lane.
   *
   * @param lane its name
   * @param queue its queue on the broker
   * @param waiting its jobs that no node has in hand, wherever they are
   * @param ready messages in its queue that no worker has taken; null when the broker does not tell
   * @param running its jobs in the hands of nodes
   * @param oldestWaitSeconds age of the oldest waiting job; null when none waits
   * @param servedBy nodes that take its jobs now
   * @param noServer whether there is no such node
   */
  record Lane(
      String lane,
      String queue,
      long waiting,
      @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Long ready,
      long running,
      @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Long oldestWaitSeconds,
      List<String> servedBy,
      boolean noServer) {}
}
