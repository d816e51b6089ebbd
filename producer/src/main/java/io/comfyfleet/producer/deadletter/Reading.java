package io.comfyfleet.producer.deadletter;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpConnectException;

/**
 * One look's consumer. The reader is called under a lock, so that after {@link #stop} it is never
 * called again.
 */
final class Reading extends DefaultConsumer {
  private static final long SLICE_MILLIS = 200;

  private final Backlog.Room room;
  private final DeadLetterQueue.Reader reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile long read;
  private volatile boolean busy;
  private long taken;
  private boolean stopped;
  private @Nullable Exception failure;

  Reading(Channel channel, Backlog.Room room, DeadLetterQueue.Reader reader) {
    super(channel);
    this.room = room;
    this.reader = reader;
  }

  @Override
  public void handleDelivery(
      String tag, Envelope envelope, BasicProperties properties, byte[] body) {
    busy = true;
    lock.lock();
    try {
      if (!stopped) {
        apply(reader.read(new Letter(properties, body)), envelope.getDeliveryTag());
        read++;
      }
    } catch (IOException | RuntimeException e) {
      failure = e;
      stopped = true;
    } finally {
      changed.signalAll();
      lock.unlock();
      busy = false;
      room.done(body);
    }
  }

  private void apply(DeadLetterQueue.Verdict verdict, long deliveryTag) throws IOException {
    switch (verdict) {
      case KEEP -> {}
      case KEEP_AND_STOP -> stopped = true;
      case TAKE, TAKE_AND_STOP -> {
        getChannel().basicAck(deliveryTag, false);
        taken++;
        stopped = verdict == DeadLetterQueue.Verdict.TAKE_AND_STOP;
      }
    }
  }

  @Override
  public void handleShutdownSignal(String tag, ShutdownSignalException signal) {
    fail(signal);
  }

  @Override
  public void handleCancel(String tag) {
    fail(new AmqpConnectException("The broker ended the look: the queue is gone", null));
  }

  private void fail(Exception cause) {
    lock.lock();
    try {
      if (!stopped) {
        failure = cause;
        stopped = true;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits a little; true when no more is wanted or can be had. */
  boolean await(long count) throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(SLICE_MILLIS);
      while (!stopped && read < count && left > 0) {
        left = changed.awaitNanos(left);
      }
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  long count() {
    return read;
  }

  boolean isBusy() {
    return busy;
  }

  /** How many letters are held unacknowledged. */
  long held() {
    lock.lock();
    try {
      return read - taken;
    } finally {
      lock.unlock();
    }
  }

  /** How many letters were acknowledged. */
  long taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** The reader is not called any more, and what arrives is let in: the channel may be closed. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
    } finally {
      lock.unlock();
      room.open();
    }
  }

  /** Throws what ended the look too early. */
  void rethrow() {
    switch (failure) {
      case null -> {}
      case ShutdownSignalException signal -> throw signal;
      case RuntimeException fault -> throw fault;
      case IOException fault -> throw new UncheckedIOException(fault);
      case Exception other -> throw new IllegalStateException(other);
    }
  }
}
