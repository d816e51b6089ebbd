package io.comfyfleet.worker.intake;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.Destiny;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageHeaders;
import io.comfyfleet.worker.execution.ErrorClassification;
import io.comfyfleet.worker.execution.Outcome;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;

/**
 * Settles each delivery once, by the outcome of its attempt. Thread-safe; each call on the thread
 * that owns the delivery's channel.
 *
 * <ol>
 *   <li>Nothing is acknowledged before everything that follows from it is confirmed by the broker.
 *   <li>What cannot be published is tried again as long as the delivery is ours; when its channel
 *       died, the broker delivers the job anew and the worker finds what it did.
 *   <li>What would follow from a failure is not published once the delivery's channel has died: the
 *       delivery that comes in its place has that to do.
 *   <li>A result of work that was done is tried longer: the delivery may go to another node, which
 *       would do it again. Results may be repeated, the first of a job counts.
 * </ol>
 */
final class Settlement {
  private static final Logger log = LoggerFactory.getLogger(Settlement.class);
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
  private static final Duration WITHOUT_CHANNEL = Duration.ofMillis(600);
  private static final Duration DONE_WITHOUT_CHANNEL = Duration.ofHours(1);
  private static final Duration DEFERRAL = Duration.ofSeconds(15);

  private final Publisher publisher;
  private final Letters letters;
  private final RetryProperties retry;
  private final JobMetrics metrics;
  private final String nodeId;
  private final Clock clock;
  private final RandomGenerator random = RandomGenerator.getDefault();
  private volatile boolean givingUp;

  Settlement(
      Publisher publisher,
      Letters letters,
      RetryProperties retry,
      JobMetrics metrics,
      String nodeId,
      Clock clock) {
    this.publisher = publisher;
    this.letters = letters;
    this.retry = retry;
    this.metrics = metrics;
    this.nodeId = nodeId;
    this.clock = clock;
  }

  /** What became of a delivery. */
  enum Settled {
    /** All that follows is published; the delivery is acknowledged, or its channel was gone. */
    DONE,
    /** Given back to its queue. */
    GIVEN_BACK,
    /** Left unsettled: it goes back to its queue with the end of its channel. */
    LEFT
  }

  /** From now on nothing that cannot be published is tried again. */
  void giveUp() {
    givingUp = true;
  }

  /** The outcome itself, or that of a job which left more than a result can name. */
  Outcome tellable(Outcome outcome) {
    if (!(outcome instanceof Outcome.Completed completed)
        || letters.isTellable(completed.result())) {
      return outcome;
    }
    Result result = completed.result();
    JobError error = ErrorClassification.tooManyOutputs(result.outputs().size());
    return new Outcome.Ended(error, result.timings());
  }

  /** Settles the delivery of a job. */
  Settled settle(LaneChannel channel, Delivery delivery, Job job, Outcome outcome)
      throws IOException {
    return switch (outcome) {
      case Outcome.Completed completed ->
          ackIf(
              publishResult(channel, delivery, job, completed.result(), DONE_WITHOUT_CHANNEL),
              channel,
              delivery);
      case Outcome.Ended ended -> ended(channel, delivery, job, ended);
      case Outcome.Deferred deferred -> deferred(channel, delivery, job);
      case Outcome.Superseded _ -> ack(channel, delivery);
    };
  }

  private Settled deferred(LaneChannel channel, Delivery delivery, Job job) {
    // The broker has handed the job out anew by now.
    if (!channel.isOpen()) {
      return Settled.LEFT;
    }
    return ackIf(
        publish(channel, Topology.retry(DEFERRAL), job.lane(), letters.deferred(job, delivery)),
        channel,
        delivery);
  }

  private Settled ended(LaneChannel channel, Delivery delivery, Job job, Outcome.Ended ended)
      throws IOException {
    Destiny destiny = ended.error().destiny();
    // The broker has handed the job out anew by now: what followed would be a second job beside it.
    if (!channel.isOpen() && destiny != Destiny.WITHDRAWN) {
      return Settled.LEFT;
    }
    return switch (destiny) {
      case RETRY -> {
        if (job.attempt() >= job.maxAttempts()) {
          yield dead(channel, delivery, job, ended);
        }
        Message next = next(delivery, job, ended);
        Duration wait = retry.after(job.attempt(), job.type(), random);
        next.getMessageProperties().setExpiration(String.valueOf(wait.toMillis()));
        String step = Topology.retry(Topology.retryDelay(wait));
        boolean published = publish(channel, step, job.lane(), next);
        if (published) {
          metrics.retried(job);
        }
        yield ackIf(published, channel, delivery);
      }
      case CLOSE_NODE -> {
        if (job.setbacks() + 1 >= Job.MOST_SETBACKS) {
          yield dead(channel, delivery, job, ended);
        }
        Message next = next(delivery, job, ended);
        yield ackIf(publish(channel, Topology.JOBS, job.lane(), next), channel, delivery);
      }
      case ELSEWHERE -> {
        Message next = next(delivery, job, ended);
        yield ackIf(publish(channel, Topology.FLEET, Topology.ELSEWHERE, next), channel, delivery);
      }
      case GIVE_BACK -> giveBack(channel, delivery, job);
      case DEAD -> dead(channel, delivery, job, ended);
      case WITHDRAWN ->
          ackIf(
              publishResult(channel, delivery, job, result(job, ended), WITHOUT_CHANNEL),
              channel,
              delivery);
    };
  }

  /** Letter and result, in this order: a letter without a result is looked for, not missed. */
  private Settled dead(LaneChannel channel, Delivery delivery, Job job, Outcome.Ended ended) {
    return ackIf(
        bury(channel, delivery, ended.error())
            && publishResult(channel, delivery, job, result(job, ended), WITHOUT_CHANNEL),
        channel,
        delivery);
  }

  /** Settles a job that this node has ruled itself out for: the producer finds it another. */
  Settled passOn(LaneChannel channel, Delivery delivery, Job job) {
    return ackIf(
        publish(channel, Topology.FLEET, Topology.ELSEWHERE, letters.same(job, delivery)),
        channel,
        delivery);
  }

  /**
   * Puts a job back whose last delivery ended with its worker, with the count that this broker does
   * not keep.
   */
  Settled recount(LaneChannel channel, Delivery delivery, Job job) {
    Message counted = letters.counted(job, delivery, delivery.deaths() + 1);
    return ackIf(publish(channel, Topology.JOBS, job.lane(), counted), channel, delivery);
  }

  /** Settles a delivery that is no job. */
  Settled poison(LaneChannel channel, Delivery delivery, String reason) {
    return ackIf(
        bury(channel, delivery, ErrorClassification.unreadable(reason)), channel, delivery);
  }

  /** Settles a delivery of a job that was settled before, when its ack was lost. */
  Settled ackAgain(LaneChannel channel, Delivery delivery) {
    return ack(channel, delivery);
  }

  /** Lets another delivery of the job follow, as if this one had not been. */
  Settled giveBack(LaneChannel channel, Delivery delivery, Job job) throws IOException {
    if (!channel.isOpen()) {
      return Settled.LEFT;
    }
    if (!channel.isCounting()) {
      // This broker would mark it as it marks what comes back from a dead worker.
      boolean back = publish(channel, Topology.JOBS, job.lane(), letters.givenBack(job, delivery));
      if (!back) {
        return Settled.LEFT;
      }
      ack(channel, delivery);
    } else {
      channel.giveBack(delivery);
    }
    metrics.givenBack();
    return Settled.GIVEN_BACK;
  }

  private boolean bury(LaneChannel channel, Delivery delivery, JobError error) {
    boolean published = publish(channel, Topology.DEAD, "", letters.dead(delivery, error));
    if (published) {
      metrics.dead(error.code());
    }
    return published;
  }

  private Message next(Delivery delivery, Job job, Outcome.Ended ended) {
    Attempt attempt =
        new Attempt(
            job.attempt(), nodeId, delivery.takenAt(), clock.instant(), ended.error().brief());
    return letters.next(job.nextAttempt(attempt), delivery);
  }

  private Result result(Job job, Outcome.Ended ended) {
    ResultStatus status =
        switch (ended.error().code()) {
          case CANCELLED -> ResultStatus.CANCELLED;
          case EXPIRED -> ResultStatus.EXPIRED;
          default -> ResultStatus.FAILED;
        };
    return Result.ended(job, status, nodeId, ended.timings(), ended.error(), clock.instant());
  }

  private static Settled ackIf(boolean published, LaneChannel channel, Delivery delivery) {
    return published ? ack(channel, delivery) : Settled.LEFT;
  }

  private static Settled ack(LaneChannel channel, Delivery delivery) {
    try {
      if (channel.isOpen()) {
        channel.ack(delivery);
      }
    } catch (IOException | AmqpException | ShutdownSignalException e) {
      // All that follows is published; the redelivery finds the job settled.
      log.atDebug().setCause(e).log("ack lost");
      // Spring puts a fresh channel, without our prefetch, in a broken one's place.
      channel.close();
    }
    return Settled.DONE;
  }

  private boolean publishResult(
      LaneChannel channel, Delivery delivery, Job job, Result result, Duration withoutChannel) {
    Message message = letters.result(job, result, delivery);
    return publish(channel, Topology.FLEET, Topology.RESULTS, message, withoutChannel);
  }

  private boolean publish(LaneChannel channel, String exchange, String key, Message message) {
    return publish(channel, exchange, key, message, WITHOUT_CHANNEL);
  }

  private boolean publish(
      LaneChannel channel, String exchange, String key, Message message, Duration withoutChannel) {
    Instant begun = clock.instant();
    Duration wait = FIRST_WAIT;
    for (int tries = 1; ; tries++) {
      PublishConfirmation confirmation = publisher.publish(exchange, key, message);
      if (confirmation instanceof PublishConfirmation.Confirmed) {
        return true;
      }
      if (tries == 1) {
        log.atWarn()
            .addKeyValue(LogKeys.QUEUE, exchange)
            .addKeyValue(LogKeys.REASON, confirmation)
            .log("message not published, trying again");
      }
      boolean tooLate = !channel.isOpen() && clock.instant().isAfter(begun.plus(withoutChannel));
      if (givingUp || tooLate || !waited(wait)) {
        return false;
      }
      message.getMessageProperties().setHeader(MessageHeaders.REPEATED, true);
      wait = wait.compareTo(LONGEST_WAIT) < 0 ? wait.multipliedBy(2) : LONGEST_WAIT;
    }
  }

  private static boolean waited(Duration wait) {
    try {
      Thread.sleep(wait);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
