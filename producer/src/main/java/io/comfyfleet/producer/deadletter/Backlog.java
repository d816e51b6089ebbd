package io.comfyfleet.producer.deadletter;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Command;
import com.rabbitmq.client.TrafficListener;
import java.util.concurrent.Semaphore;

/**
 * Bytes that a connection has received and nobody has read: when there are too many, its reading
 * thread waits, and the broker with it. The client's own limit is a thousand messages, whatever
 * their size.
 */
final class Backlog implements TrafficListener {
  private static final int MOST_BYTES = 32 * 1024 * 1024;

  private volatile Room room = new Room();

  @Override
  public void write(Command outbound) {}

  @Override
  public void read(Command inbound) {
    if (inbound.getMethod() instanceof AMQP.Basic.Deliver) {
      room.take(inbound.getContentBody());
    }
  }

  /** The whole room for one consumer; an earlier one's channel is closed. */
  Room anew() {
    Room whole = new Room();
    room = whole;
    return whole;
  }

  /** What one consumer's deliveries may fill. */
  static final class Room {
    private final Semaphore free = new Semaphore(MOST_BYTES);
    private volatile boolean limited = true;

    private void take(byte[] body) {
      if (limited) {
        free.acquireUninterruptibly(size(body));
      }
    }

    /** Gives room for the next, once for each delivery. */
    void done(byte[] body) {
      if (limited) {
        free.release(size(body));
      }
    }

    /**
     * Lets everything in from now on. To be called before the channel is closed: from then on the
     * client drops what arrives, after it was counted here, and nobody is done with it. The reading
     * thread would wait for ever, and with it whoever closes.
     */
    void open() {
      limited = false;
      free.release(MOST_BYTES);
    }

    private static int size(byte[] body) {
      return Math.min(body.length, MOST_BYTES);
    }
  }
}
