package io.comfyfleet.producer.node;

import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.telemetry.LogKeys;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Remembers what an operator wants of nodes over their restarts, and tells it again to a node whose
 * heartbeat shows something else. Reads the table on each heartbeat, so that a word that another
 * producer was told to forget is not repeated. Thread-safe.
 */
@Component
class NodeWishes implements FleetEventSink, DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(NodeWishes.class);

  private final NodeWishTable table;
  private final FleetControl control;
  private final Map<String, Heartbeat> toCheck = new ConcurrentHashMap<>();
  // Sinks must not block, and a database may. Never longer than the list of nodes.
  private final ThreadPoolExecutor line =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofVirtual().name("wishes").factory(),
          new ThreadPoolExecutor.DiscardPolicy());

  NodeWishes(NodeWishTable table, FleetControl control) {
    this.table = table;
    this.control = control;
  }

  /** What is kept of that node; {@link NodeWish#NONE} when nothing is. */
  NodeWish of(String nodeId) {
    return table.find(nodeId).orElse(NodeWish.NONE);
  }

  /** Keeps something else of that node. */
  void change(String nodeId, UnaryOperator<NodeWish> change) {
    NodeWish before = of(nodeId);
    NodeWish after = change.apply(before);
    if (!after.equals(before)) {
      table.put(nodeId, after);
    }
  }

  @Override
  public void accept(FleetEvent event) {
    // Of beats that come faster than the database answers only a node's latest counts.
    if (event instanceof Heartbeat beat && toCheck.put(beat.nodeId(), beat) == null) {
      line.execute(() -> check(beat.nodeId()));
    }
  }

  @Override
  public void destroy() {
    line.shutdownNow();
  }

  private void check(String nodeId) {
    Heartbeat beat = toCheck.remove(nodeId);
    if (beat == null) {
      return;
    }
    try {
      of(nodeId)
          .missing(beat)
          .forEach(word -> {
            control.tell(nodeId, word);
            log.atInfo()
                .addKeyValue(LogKeys.WORKER, nodeId)
                .addKeyValue(LogKeys.KIND, word)
                .log("node told again what is kept of it");
          });
    } catch (DataAccessException | AmqpException e) {
      // The next heartbeat is the next try.
      log.atDebug().setCause(e).log("node not told what is kept of it");
    }
  }
}
