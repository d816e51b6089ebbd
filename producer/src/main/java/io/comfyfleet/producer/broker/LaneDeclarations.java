package io.comfyfleet.producer.broker;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.topology.Topology;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpConnectException;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.AmqpAdmin;
import org.springframework.amqp.core.QueueInformation;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Declares lanes and removes them while everything runs. Thread-safe; blocks on the broker. */
@Component
public class LaneDeclarations {
  private static final Logger log = LoggerFactory.getLogger(LaneDeclarations.class);

  private final Lanes lanes;
  private final LaneTable table;
  private final TopologyDeclarer declarer;
  private final ConnectionFactory connections;
  private final AmqpAdmin broker;
  private final TransactionTemplate transaction;
  private final Clock clock;

  LaneDeclarations(
      Lanes lanes,
      LaneTable table,
      BrokerSettings settings,
      ConnectionFactory connections,
      AmqpAdmin broker,
      TransactionTemplate transaction,
      Clock clock) {
    this.lanes = lanes;
    this.table = table;
    this.declarer = new TopologyDeclarer(settings, lanes);
    this.connections = connections;
    this.broker = broker;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * Declares a lane: its queue is on the broker, and it is kept, when this returns.
   *
   * @return whether it is new
   * @throws InvalidMessageException (field {@code lane}) when that is no name of a lane
   * @throws AmqpException when the broker does not answer; nothing is kept then
   */
  public boolean declare(String lane) {
    Job.lane(lane);
    if (lanes.isFixed(lane)) {
      return false;
    }
    // The queue first: a lane that is known takes jobs.
    declareQueue(lane);
    boolean added = table.add(lane, clock.instant());
    lanes.read();
    log.atInfo().addKeyValue(LogKeys.QUEUE, Topology.laneQueue(lane)).log("lane declared");
    return added;
  }

  private void declareQueue(String lane) {
    try {
      Connection connection = connections.createConnection();
      try {
        declarer.declareLane(connection, lane);
      } finally {
        connection.close();
      }
    } catch (ShutdownSignalException e) {
      throw new AmqpConnectException(e);
    }
  }

  /**
   * Removes a lane that holds nothing, and its queue.
   *
   * @throws ProblemException 404 when there is none, 409 when the configuration declares it or jobs
   *     or messages are there
   * @throws AmqpException when the broker does not answer; the lane stays then
   */
  public void remove(String lane) {
    if (lanes.isFixed(lane)) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "lane-configured",
          "The lane \""
              + lane
              + "\" is a type's own or stands in fleet.lanes of the configuration;"
              + " take it out there and start the producers again");
    }
    try {
      transaction.executeWithoutResult(status -> removeFree(lane));
    } catch (ShutdownSignalException e) {
      throw new AmqpConnectException(e);
    }
    lanes.read();
    log.atInfo().addKeyValue(LogKeys.QUEUE, Topology.laneQueue(lane)).log("lane removed");
  }

  /** The row goes first and comes back with the transaction when the broker refuses. */
  private void removeFree(String lane) {
    if (!table.has(lane)) {
      throw new ProblemException(
          HttpStatus.NOT_FOUND,
          "lane-not-found",
          "There is no lane \"" + lane + "\"; GET /api/lanes lists them");
    }
    table.remove(lane);
    int jobs = table.openJobs(lane);
    QueueInformation queue = broker.getQueueInfo(Topology.laneQueue(lane));
    long messages = queue == null ? 0 : queue.getMessageCount();
    if (jobs > 0 || messages > 0) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "lane-not-empty",
          "The lane \""
              + lane
              + "\" holds "
              + jobs
              + " jobs that have not ended and "
              + messages
              + " messages in its queue; let them end or cancel them first");
    }
    // With if-empty it would be one step, but quorum queues refuse that.
    broker.deleteQueue(Topology.laneQueue(lane));
  }
}
