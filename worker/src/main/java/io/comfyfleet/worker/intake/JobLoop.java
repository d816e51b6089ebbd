package io.comfyfleet.worker.intake;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.worker.node.Node;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;

/**
 * One slot's loop: waits until the node takes jobs, stands at one lane for one delivery, runs it to
 * its settlement, and begins anew. Loops do not share channels.
 *
 * <ol>
 *   <li>A loop holds at most one unsettled delivery, so a node never holds more than it has loops,
 *       summed over all lanes.
 *   <li>It begins at the first lane after its last one in which jobs wait, so that no lane starves
 *       another, and stands where it was when none waits anywhere.
 *   <li>It asks with the priority of the moment, and anew when that has changed.
 *   <li>While it stands it only looks at the other lanes: opening and cancelling a consumer is work
 *       that a quorum queue writes to its log, a look is not.
 * </ol>
 */
final class JobLoop implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(JobLoop.class);
  private static final Duration IDLE = Duration.ofMillis(200);
  private static final Duration RECONNECT_WAIT = Duration.ofSeconds(1);

  private final Node node;
  private final Opener opener;
  private final LaneTurns turns;
  private final Duration laneTurn;
  private final ToIntFunction<String> priority;
  private final SlotGate slots;
  private final JobListener listener;
  private final BooleanSupplier wanted;
  private @Nullable LaneChannel channel;
  private @Nullable String lastLane;

  JobLoop(
      Node node,
      Opener opener,
      LaneTurns turns,
      Duration laneTurn,
      ToIntFunction<String> priority,
      SlotGate slots,
      JobListener listener,
      BooleanSupplier wanted) {
    this.node = node;
    this.opener = opener;
    this.turns = turns;
    this.laneTurn = laneTurn;
    this.priority = priority;
    this.slots = slots;
    this.listener = listener;
    this.wanted = wanted;
  }

  /** Opens a loop's channel. */
  interface Opener {
    LaneChannel open() throws IOException;
  }

  @Override
  public void run() {
    try {
      while (wanted.getAsBoolean() && !node.isDraining()) {
        turn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  private void turn() throws InterruptedException {
    try {
      LaneChannel open = opened();
      String lane = node.takesJobs() ? turns.take(lastLane, open::waiting) : null;
      if (lane == null) {
        Thread.sleep(IDLE);
        return;
      }
      lastLane = lane;
      try {
        serve(open, lane);
      } finally {
        turns.release(lane);
      }
    } catch (IOException | AmqpException | ShutdownSignalException e) {
      close();
      if (!node.isDraining()) {
        node.brokerLost(reason(e));
        Thread.sleep(RECONNECT_WAIT);
      }
    } catch (RuntimeException e) {
      // The slot's edge: without its loop it would be lost until the worker's end.
      log.atError().setCause(e).log("slot stumbled, its delivery goes back to the queue");
      close();
      Thread.sleep(RECONNECT_WAIT);
    }
  }

  private void serve(LaneChannel open, String lane) throws IOException, InterruptedException {
    open.consume(lane, priority.applyAsInt(lane));
    Delivery delivery = await(open, lane);
    if (delivery == null) {
      delivery = open.cancel();
    }
    if (delivery == null) {
      return;
    }
    if (!slots.acquire(wanted)) {
      listener.giveBack(open, delivery);
      return;
    }
    try {
      listener.take(open, delivery);
    } finally {
      slots.release();
    }
  }

  private @Nullable Delivery await(LaneChannel open, String lane)
      throws InterruptedException, IOException {
    while (open.isOpen() && node.takesJobs() && wanted.getAsBoolean()) {
      Delivery delivery = open.poll(laneTurn);
      if (delivery != null
          || turns.isElsewhere(lane, open::waiting)
          || priority.applyAsInt(lane) != open.priority()) {
        return delivery;
      }
    }
    return null;
  }

  private LaneChannel opened() throws IOException {
    if (channel == null || !channel.isOpen()) {
      close();
      channel = opener.open();
      node.brokerFound();
    } else if (!node.isBrokerReady()) {
      // Said by a loop that has ended since, of its own channel.
      node.brokerFound();
    }
    return channel;
  }

  private void close() {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  private static String reason(Exception e) {
    Throwable deepest = e;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    String words =
        deepest.getMessage() == null ? deepest.getClass().getSimpleName() : deepest.getMessage();
    return words.contains("NOT_FOUND")
        ? "a queue is missing, waiting for the producer to declare it: " + words
        : "the broker is not there: " + words;
  }
}
