package io.comfyfleet.worker.intake;

import com.rabbitmq.client.ShutdownSignalException;
import io.comfyfleet.job.Destiny;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.Timings;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.topology.TopologyDeclaration;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import io.comfyfleet.worker.execution.ErrorClassification;
import io.comfyfleet.worker.execution.JobHandler;
import io.comfyfleet.worker.execution.Outcome;
import io.comfyfleet.worker.execution.RunningAttempt;
import io.comfyfleet.worker.intake.Settlement.Settled;
import io.comfyfleet.worker.node.Node;
import io.comfyfleet.worker.node.NodeHealth;
import io.comfyfleet.worker.node.ProgressReporter;
import io.comfyfleet.worker.node.TakeOver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.amqp.AmqpException;

/**
 * One delivery from its bytes to its settlement: decode, handle, settle, on one thread and on every
 * path. Thread-safe.
 */
final class JobListener {
  private static final Logger log = LoggerFactory.getLogger(JobListener.class);

  /** One less than the broker's own limit: the worker, which can end the job, must be first. */
  private static final int MOST_DEATHS = TopologyDeclaration.DELIVERY_LIMIT - 1;

  private final MessageCodec codec;
  private final JobHandler handler;
  private final Settlement settlement;
  private final Node node;
  private final NodeHealth health;
  private final ProgressReporter progress;
  private final TakeOver takeOver;
  private final JobMetrics metrics;
  private final Traces traces;
  private final JobsInHand jobs = new JobsInHand();

  JobListener(
      MessageCodec codec,
      JobHandler handler,
      Settlement settlement,
      Node node,
      NodeHealth health,
      ProgressReporter progress,
      TakeOver takeOver,
      JobMetrics metrics,
      Traces traces) {
    this.codec = codec;
    this.handler = handler;
    this.settlement = settlement;
    this.node = node;
    this.health = health;
    this.progress = progress;
    this.takeOver = takeOver;
    this.metrics = metrics;
    this.traces = traces;
  }

  /** Handles and settles. The delivery is never left unsettled on a channel that stays open. */
  void take(LaneChannel channel, Delivery delivery) throws IOException, InterruptedException {
    Job job = decoded(channel, delivery);
    if (job == null) {
      return;
    }
    try (var _ = MDC.putCloseable(LogKeys.JOB_ID, job.jobId().toString());
        var _ = MDC.putCloseable(LogKeys.RUN_ID, job.runId());
        var _ = MDC.putCloseable(LogKeys.ATTEMPT, String.valueOf(job.attempt()))) {
      jobs.claim(job.jobId());
      try {
        run(channel, delivery, job);
      } finally {
        jobs.release(job.jobId());
      }
    }
  }

  /** Settles a delivery for which no slot is left: it goes back, uncounted. */
  void giveBack(LaneChannel channel, Delivery delivery) throws IOException {
    Job job = decoded(channel, delivery);
    if (job != null) {
      leave(channel, settlement.giveBack(channel, delivery, job));
    }
  }

  /** The delivery's job; null when it is none, and is settled. */
  private @Nullable Job decoded(LaneChannel channel, Delivery delivery) {
    try {
      return codec.decodeJob(delivery.body());
    } catch (UnreadableMessageException e) {
      log.atWarn().addKeyValue(LogKeys.REASON, e.getMessage()).log("message is no job");
      leave(channel, settlement.poison(channel, delivery, String.valueOf(e.getMessage())));
      return null;
    }
  }

  private void run(LaneChannel channel, Delivery delivery, Job job) throws IOException {
    // A job that failed may come again by an operator's hand; one that succeeded here is a copy.
    if (takeOver.isSucceeded(job) || (delivery.isDoubtful() && takeOver.isSettled(job))) {
      leave(channel, settlement.ackAgain(channel, delivery));
      return;
    }
    // Asked for, but the node was paused or closed before it came, or the broker has it back by
    // now.
    if (!node.takesJobs() || !channel.isHeld()) {
      leave(channel, settlement.giveBack(channel, delivery, job));
      return;
    }
    if (delivery.deaths() >= MOST_DEATHS) {
      leave(channel, settlement.settle(channel, delivery, job, killer(delivery)));
      return;
    }
    if (delivery.redelivered() && !channel.isCounting()) {
      leave(channel, settlement.recount(channel, delivery, job));
      return;
    }
    if (job.excludes(node.identity().id())) {
      leave(channel, settlement.passOn(channel, delivery, job));
      return;
    }
    try (var trace = AttemptTrace.open(traces, delivery, job, node.identity().id())) {
      attempt(channel, delivery, job, trace);
    }
  }

  private void attempt(LaneChannel channel, Delivery delivery, Job job, AttemptTrace trace)
      throws IOException {
    RunningAttempt attempt =
        new RunningAttempt(
            job,
            delivery.takenAt(),
            delivery.isDoubtful(),
            each -> {
              trace.enter(each.phase());
              progress.report(each);
            });
    // A broken ComfyUI answers late, and the job may be in another node's hands by then.
    if (isOver(channel, delivery, attempt, trace)) {
      handler.forget(attempt);
    }
  }

  /** Makes the attempt and settles; whether nobody will ask ComfyUI for its prompt any more. */
  private boolean isOver(
      LaneChannel channel, Delivery delivery, RunningAttempt attempt, AttemptTrace trace)
      throws IOException {
    Job job = attempt.job();
    node.begin(attempt);
    metrics.began(attempt);
    log.atInfo()
        .addKeyValue(LogKeys.LANE, delivery.lane())
        .addKeyValue(LogKeys.REDELIVERED, delivery.redelivered())
        .log("attempt started");
    try {
      if (delivery.isDoubtful()) {
        takeOver.ask(attempt);
        if (!node.takesJobs() || !channel.isHeld()) {
          attempt.stop(RunningAttempt.Stop.DRAIN);
        }
      }
      Outcome outcome = settlement.tellable(outcome(attempt));
      trace.ended(outcome);
      account(attempt, outcome);
      Settled settled = settle(channel, delivery, job, outcome);
      boolean over = settled == Settled.DONE && !(outcome instanceof Outcome.Deferred);
      if (over) {
        takeOver.settled(job);
      }
      if (over && outcome instanceof Outcome.Completed) {
        takeOver.succeeded(job);
      }
      leave(channel, settled);
      return over;
    } finally {
      node.end(attempt);
    }
  }

  private Settled settle(LaneChannel channel, Delivery delivery, Job job, Outcome outcome)
      throws IOException {
    try {
      return settlement.settle(channel, delivery, job, outcome);
    } catch (AmqpException | ShutdownSignalException e) {
      throw e;
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("outcome cannot be told");
      JobError error = ErrorClassification.untellable(job.attempt(), words(outcome), e);
      return settlement.settle(channel, delivery, job, new Outcome.Ended(error, Timings.NONE));
    }
  }

  private static String words(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Completed _ -> "with success";
      case Outcome.Ended ended -> "with " + ended.error().code().wireName();
      case Outcome.Deferred _, Outcome.Superseded _ -> "without one";
    };
  }

  private Outcome outcome(RunningAttempt attempt) {
    try {
      return handler.handle(attempt);
    } catch (RuntimeException e) {
      // The process edge: whatever comes here is a fault of ours, and the job must go on.
      log.atError().setCause(e).log("attempt failed by a fault of the worker");
      return new Outcome.Ended(ErrorClassification.fault(e), Timings.NONE);
    }
  }

  private void account(RunningAttempt attempt, Outcome outcome) {
    metrics.ended(attempt, outcome);
    Duration elapsed = Duration.between(attempt.startedAt(), Instant.now());
    var entry =
        log.atInfo()
            .addKeyValue(LogKeys.OUTCOME, outcome.getClass().getSimpleName())
            .addKeyValue(LogKeys.ELAPSED_MS, elapsed.toMillis());
    switch (outcome) {
      case Outcome.Completed completed -> {
        node.countSuccess(attempt.job().type(), elapsed);
        health.succeeded();
      }
      case Outcome.Ended ended -> {
        JobError error = ended.error();
        entry = entry.addKeyValue(LogKeys.REASON, error.code().wireName() + ": " + error.message());
        if (error.destiny() == Destiny.RETRY || error.destiny() == Destiny.DEAD) {
          node.countFailure();
        }
        health.ended(error, attempt.isDisobeyed());
      }
      case Outcome.Deferred _, Outcome.Superseded _ -> {
        if (attempt.isDisobeyed()) {
          health.disobeyed();
        }
      }
    }
    entry.log("attempt ended");
  }

  private static Outcome killer(Delivery delivery) {
    return new Outcome.Ended(ErrorClassification.killer(delivery.deaths()), Timings.NONE);
  }

  private static void leave(LaneChannel channel, Settled settled) {
    if (settled == Settled.LEFT) {
      channel.close();
    }
  }
}
