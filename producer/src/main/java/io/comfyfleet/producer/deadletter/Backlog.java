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

  private final Semaphore room = new Semaphore(MOST_BYTES);

  @Override
  public void write(Command outbound) {}

  @Override
  public void read(Command inbound) {
    if (inbound.getMethod() instanceof AMQP.Basic.Deliver) {
      room.acquireUninterruptibly(size(inbound.getContentBody()));
    }
  }

  /** Gives room for the next, once for each delivery. */
  void done(byte[] body) {
    room.release(size(body));
  }

  private static int size(byte[] body) {
    return Math.min(body.length, MOST_BYTES);
  }
}
