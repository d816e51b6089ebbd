package io.comfyfleet.producer.deadletter;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.support.RabbitExceptionTranslator;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.amqp.autoconfigure.RabbitConnectionDetails;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Looks into {@code fleet.dead}: takes every letter without acknowledging it, hands each to a
 * reader, and lets the broker have back what the reader does not take for good.
 *
 * <p>Invariants: (1) one look at a time over all producers: it owns the exclusive queue {@value
 * #TURN}, which goes with its connection whatever becomes of the process; (2) it ends only when its
 * letters lie in the queue again, so that the next one counts right; (3) bodies that were received
 * and not yet read stay below a limit; (4) it has a connection of its own, so that waiting for a
 * slow reader holds up nobody else's deliveries.
 */
@Component
class DeadLetterQueue {
  static final String TURN = "fleet.dead.turn";

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);
  private static final Duration LONGEST_LAG = Duration.ofSeconds(3);
  private static final Duration ACK_GRACE = Duration.ofSeconds(1);
  private static final Duration RETURN_WAIT = Duration.ofSeconds(5);
  private static final Duration LONGEST_GOODBYE = Duration.ofSeconds(10);
  private static final int RESOURCE_LOCKED = 405;
  private static final int MOST_AGAIN = 5;

  /** The most that AMQP lets a consumer hold by number; beyond it letters wait for another look. */
  private static final int MOST = 65_535;

  private final CachingConnectionFactory connections;
  private final RabbitConnectionDetails details;
  private final int most;
  private final ReentrantLock turn = new ReentrantLock(true);

  @Autowired
  DeadLetterQueue(CachingConnectionFactory connections, RabbitConnectionDetails details) {
    this(connections, details, MOST);
  }

  /** With a lower limit of letters that a look holds at once. */
  DeadLetterQueue(CachingConnectionFactory connections, RabbitConnectionDetails details, int most) {
    this.connections = connections;
    this.details = details;
    this.most = most;
  }

  /** What one reading found: letters beyond what it could hold, and more than expected after it. */
  private record Found(long unseen, long surplus) {}

  /** What becomes of a letter. */
  enum Verdict {
    /** It stays. */
    KEEP,
    /** It is acknowledged. */
    TAKE,
    /** It stays, and no other is wanted. */
    KEEP_AND_STOP,
    /** It is acknowledged, and no other is wanted. */
    TAKE_AND_STOP
  }

  /** Sees each letter once, in the order of the queue, on a thread of the broker's client. */
  interface Reader {
    Verdict read(Letter letter) throws IOException;
  }

  /**
   * Looks through the queue; blocks. What the reader took is gone for good when this returns.
   *
   * @return how many letters lie behind those that one look can hold
   * @throws org.springframework.amqp.AmqpException when the broker went away meanwhile; what was
   *     taken may be there again
   * @throws ProblemException when others look for too long
   */
  long look(Reader reader) {
    try {
      if (!turn.tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw busy();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw busy();
    }
    Backlog backlog = new Backlog();
    try {
      Connection connection = connect(backlog);
      try {
        return look(connection, backlog, reader);
      } finally {
        // Whatever the broker does, the turn goes on.
        connection.abort((int) LONGEST_GOODBYE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw busy();
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      throw RabbitExceptionTranslator.convertRabbitAccessException(e);
    } finally {
      turn.unlock();
    }
  }

  private long look(Connection connection, Backlog backlog, Reader reader)
      throws IOException, TimeoutException, InterruptedException {
    ownTurn(connection);
    Set<String> taken = new HashSet<>();
    Found found = read(connection, backlog, noting(reader, taken));
    long surplus = found.surplus();
    for (int again = 0; surplus > 0 && !taken.isEmpty() && again < MOST_AGAIN; again++) {
      surplus = read(connection, backlog, takingAgain(taken, surplus)).surplus();
    }
    return found.unseen();
  }

  private Connection connect(Backlog backlog) throws IOException, TimeoutException {
    com.rabbitmq.client.ConnectionFactory factory =
        connections.getRabbitConnectionFactory().clone();
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTrafficListener(backlog);
    List<Address> addresses =
        details.getAddresses().stream()
            .map(address -> new Address(address.host(), address.port()))
            .toList();
    return factory.newConnection(addresses, "dead letters");
  }

  private static void ownTurn(Connection connection)
      throws IOException, TimeoutException, InterruptedException {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    while (true) {
      Channel channel = connection.createChannel();
      try {
        channel.queueDeclare(TURN, false, true, true, Map.of());
        return;
      } catch (IOException e) {
        if (!(e.getCause() instanceof ShutdownSignalException refused)
            || !(refused.getReason() instanceof com.rabbitmq.client.AMQP.Channel.Close close)
            || close.getReplyCode() != RESOURCE_LOCKED) {
          throw e;
        }
        if (System.nanoTime() > deadline) {
          throw busy();
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  private static Reader noting(Reader reader, Set<String> taken) {
    return letter -> {
      Verdict verdict = reader.read(letter);
      if (verdict == Verdict.TAKE || verdict == Verdict.TAKE_AND_STOP) {
        taken.add(letter.id());
      }
      return verdict;
    };
  }

  /** Takes what was taken before and is there again, because its acknowledgement was lost. */
  private static Reader takingAgain(Set<String> taken, long most) {
    long[] left = {most};
    return letter -> {
      if (left[0] == 0) {
        return Verdict.KEEP_AND_STOP;
      }
      if (!taken.contains(letter.id())) {
        return Verdict.KEEP;
      }
      left[0]--;
      return Verdict.TAKE;
    };
  }

  /** Reads once. The surplus are letters that came meanwhile, and such as were taken in vain. */
  private Found read(Connection connection, Backlog backlog, Reader reader)
      throws IOException, TimeoutException, InterruptedException {
    Channel asking = connection.createChannel();
    long ready = asking.messageCount(Topology.DEAD);
    if (ready == 0) {
      return new Found(0, 0);
    }
    Channel channel = connection.createChannel();
    Reading reading = new Reading(channel, backlog.anew(), reader);
    channel.basicQos(most);
    channel.basicConsume(Topology.DEAD, false, reading);
    long unseen;
    try {
      unseen = awaitAll(asking, reading, ready);
    } finally {
      reading.stop();
      if (reading.taken() > 0 && channel.isOpen()) {
        // Acknowledgements that the queue has not taken yet are lost with their channel: of 100 to
        // a quorum queue of 4.3.6 that was closed at once, 67 letters came back.
        TimeUnit.MILLISECONDS.sleep(ACK_GRACE.toMillis());
      }
      if (channel.isOpen()) {
        channel.close();
      }
    }
    long kept = Math.max(ready, reading.count()) - reading.taken();
    awaitReturned(asking, kept);
    reading.rethrow();
    return new Found(unseen, asking.messageCount(Topology.DEAD) - kept);
  }

  /**
   * Until all are read that were there at the start, by a count that does not trust the first, or
   * as many as can be held.
   *
   * @return how many are left then
   */
  private long awaitAll(Channel asking, Reading reading, long ready)
      throws IOException, InterruptedException {
    long target = ready;
    long read = 0;
    long heard = System.nanoTime();
    while (!reading.await(target)) {
      if (reading.count() > read || reading.isBusy()) {
        read = reading.count();
        heard = System.nanoTime();
        if (read < target) {
          continue;
        }
      }
      long left = asking.messageCount(Topology.DEAD);
      Duration silence = Duration.ofNanos(System.nanoTime() - heard);
      if (left == 0 && (read >= target || silence.compareTo(LONGEST_LAG) > 0)) {
        // All are here; or somebody else removed some since they were counted.
        return 0;
      }
      if (reading.held() >= most) {
        return left;
      }
      target = Math.max(target, read + left);
      if (silence.compareTo(LONGEST_SILENCE) > 0) {
        throw busy();
      }
    }
    return 0;
  }

  private static void awaitReturned(Channel asking, long kept)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + RETURN_WAIT.toNanos();
    while (asking.messageCount(Topology.DEAD) < kept && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static ProblemException busy() {
    return new ProblemException(
        HttpStatus.SERVICE_UNAVAILABLE,
        "dead-letters-busy",
        "Another look at the dead letters holds them for more than "
            + LONGEST_WAIT.toSeconds()
            + " s; try again, and see with rabbitmqctl list_consumers who consumes "
            + Topology.DEAD);
  }
}
