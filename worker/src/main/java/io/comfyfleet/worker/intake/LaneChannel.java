package io.comfyfleet.worker.intake;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.topology.BrokerProfile;
import io.comfyfleet.topology.Topology;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.connection.RabbitUtils;

/**
 * The channel of one loop. Used by the loop's thread only; deliveries arrive on the client's.
 *
 * <ol>
 *   <li>At most one consumer, with prefetch 1: the broker never has more than one unsettled
 *       delivery out on this channel.
 *   <li>The consumer stays until its delivery is about to be settled, because the broker counts its
 *       time limit by the consumer's arguments, and is cancelled before the settlement, so that the
 *       broker sends nothing that nobody asked for.
 *   <li>When the broker cancels the consumer, the delivery is somebody else's: nothing is settled
 *       on this channel any more. RabbitMQ 4.3 would revive the consumer on a late ack and the
 *       client would close the whole connection over its next delivery.
 * </ol>
 */
final class LaneChannel {
  private static final int PREFETCH = 1;

  private final Channel channel;
  private final Map<String, Object> consumerArguments;
  private final Clock clock;
  private final BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
  private @Nullable LaneConsumer consumer;
  private String consumerTag = "";
  private int priority;

  /** Whether the broker, or the end of the channel, took back what was delivered. */
  private volatile boolean revoked;

  private LaneChannel(Channel channel, Map<String, Object> consumerArguments, Clock clock) {
    this.channel = channel;
    this.consumerArguments = consumerArguments;
    this.clock = clock;
  }

  /**
   * Opens a channel and checks that the queues are there.
   *
   * @throws org.springframework.amqp.AmqpException when the broker is not there
   * @throws IOException when a queue is not there, or the channel broke
   */
  static LaneChannel open(
      ConnectionFactory connections,
      String profile,
      Duration consumerTimeout,
      Collection<String> lanes,
      Clock clock)
      throws IOException {
    Connection connection = connections.createConnection();
    boolean quorum =
        BrokerProfile.choose(profile, connection.getDelegate().getServerProperties())
            == BrokerProfile.QUORUM;
    // Classic queues refuse the argument.
    Map<String, Object> arguments =
        quorum ? Map.of("x-consumer-timeout", consumerTimeout.toMillis()) : Map.of();
    Channel channel = connection.createChannel(false);
    LaneChannel opened = new LaneChannel(channel, arguments, clock);
    try {
      for (String lane : lanes) {
        channel.queueDeclarePassive(Topology.laneQueue(lane));
      }
      channel.queueDeclarePassive(Topology.RESULTS);
      channel.queueDeclarePassive(Topology.DEAD);
      channel.basicQos(PREFETCH);
      return opened;
    } catch (IOException | ShutdownSignalException e) {
      opened.close();
      throw e;
    }
  }

  boolean isOpen() {
    return channel.isOpen() && !revoked;
  }

  /**
   * Whether the broker still holds this channel's delivery for it; asks the broker. What was on its
   * way while the line was cut, or while this process stood still, comes from a connection that the
   * broker may have given up.
   */
  boolean isHeld() {
    if (!isOpen()) {
      return false;
    }
    try {
      channel.basicQos(PREFETCH);
      return isOpen();
    } catch (IOException | AmqpException | ShutdownSignalException e) {
      revoked = true;
      return false;
    }
  }

  /** Whether the broker counts the deliveries of a message that ended with their worker. */
  boolean isCounting() {
    return !consumerArguments.isEmpty();
  }

  /** How many messages of a lane wait for somebody to take them. */
  long waiting(String lane) throws IOException {
    return channel.messageCount(Topology.laneQueue(lane));
  }

  /**
   * Asks the broker for one delivery of a lane.
   *
   * @param priority consumers with a higher one are served first; it cannot be changed later
   */
  void consume(String lane, int priority) throws IOException {
    LaneConsumer next = new LaneConsumer(lane);
    Map<String, Object> arguments = new HashMap<>(consumerArguments);
    arguments.put("x-priority", priority);
    consumerTag =
        channel.basicConsume(Topology.laneQueue(lane), false, "", false, false, arguments, next);
    consumer = next;
    this.priority = priority;
  }

  /** With what priority it asked last. */
  int priority() {
    return priority;
  }

  /** A delivery, or null when none came in that time. */
  @Nullable Delivery poll(Duration limit) throws InterruptedException {
    return arrived.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Asks for no more. A delivery that was on its way is returned.
   *
   * @return null when none was
   * @throws IOException when the client does not tell that the consumer has ended
   */
  @Nullable Delivery cancel() throws IOException {
    LaneConsumer ending = consumer;
    consumer = null;
    if (ending != null && !revoked) {
      channel.basicCancel(consumerTag);
      // The call returns when the broker has answered; deliveries that came before may still be
      // waiting for a thread of the client, and its word about the end is behind them.
      ending.awaitEnd();
    }
    return arrived.poll();
  }

  /** Tells the broker that the delivery is done. */
  void ack(Delivery delivery) throws IOException {
    giveBackSurplus();
    channel.basicAck(delivery.tag(), false);
  }

  /** Gives the delivery back to its queue. Nack, because reject would count as a failure. */
  void giveBack(Delivery delivery) throws IOException {
    giveBackSurplus();
    channel.basicNack(delivery.tag(), false, true);
  }

  /** With a prefetch of 1 there is none; one that was dropped would be nobody's for ever. */
  private void giveBackSurplus() throws IOException {
    Delivery surplus = cancel();
    if (surplus != null) {
      channel.basicNack(surplus.tag(), false, true);
    }
  }

  /** Whatever is unsettled goes back to its queue. */
  void close() {
    RabbitUtils.setPhysicalCloseRequired(channel, true);
    RabbitUtils.closeChannel(channel);
  }

  /** One consumer of one lane. Its callbacks come one after another. */
  private final class LaneConsumer extends DefaultConsumer {
    private static final Duration END_WAIT = Duration.ofSeconds(30);

    private final String lane;
    private final CountDownLatch ended = new CountDownLatch(1);

    LaneConsumer(String lane) {
      super(channel);
      this.lane = lane;
    }

    @Override
    public void handleDelivery(
        String tag, Envelope envelope, BasicProperties properties, byte[] body) {
      arrived.add(
          new Delivery(
              lane,
              envelope.getDeliveryTag(),
              envelope.isRedeliver(),
              properties,
              body,
              clock.instant()));
    }

    @Override
    public void handleCancelOk(String tag) {
      ended.countDown();
    }

    @Override
    public void handleCancel(String tag) {
      revoked = true;
      ended.countDown();
    }

    @Override
    public void handleShutdownSignal(String tag, ShutdownSignalException signal) {
      // Spring may put a fresh channel in the place of this one, which knows nothing of the
      // delivery.
      revoked = true;
      ended.countDown();
    }

    void awaitEnd() throws IOException {
      try {
        if (!ended.await(END_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IOException("The client did not end the consumer of " + lane);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Interrupted while the consumer ended");
      }
    }
  }
}
