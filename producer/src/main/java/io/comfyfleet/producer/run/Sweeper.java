package io.comfyfleet.producer.run;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.node.Listening;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Sees to it that every run ends: by its deadline, when no more jobs come, or when jobs wait longer
 * than they may. Several producers may sweep at once; the run's lock makes the second find nothing
 * to do.
 */
@Component
class Sweeper {
  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);
  private static final int AT_ONCE = 100;

  /** A sweep that is later by so much comes after a time in which this process stood still. */
  private static final Duration LATE = Duration.ofSeconds(5);

  private final RunTable runs;
  private final JobTable jobs;
  private final Aggregator aggregator;
  private final LiveJobs live;
  private final Listening listening;
  private final IntakeWatch intake;
  private final RunSettings settings;
  private final Clock clock;
  private @Nullable Instant swept;

  /** Until then results of what ended in time may still wait unread. */
  private Instant judgeFrom = Instant.EPOCH;

  Sweeper(
      RunTable runs,
      JobTable jobs,
      Aggregator aggregator,
      LiveJobs live,
      Listening listening,
      IntakeWatch intake,
      RunSettings settings,
      Clock clock) {
    this.runs = runs;
    this.jobs = jobs;
    this.aggregator = aggregator;
    this.live = live;
    this.listening = listening;
    this.intake = intake;
    this.settings = settings;
    this.clock = clock;
  }

  @Scheduled(fixedDelayString = "${fleet.run.sweep-interval:1s}")
  void sweep() {
    Instant now = clock.instant();
    if (swept == null) {
      judgeFrom = now.plus(LATE);
    } else if (swept.plus(settings.sweepInterval()).plus(LATE).isBefore(now)) {
      judgeNobodyYet();
    }
    try {
      List<String> pastDeadline = runs.pastDeadline(now, AT_ONCE);
      if (now.plus(LATE).isBefore(clock.instant())) {
        // It waited for the database.
        judgeNobodyYet();
      }
      if (!judgeFrom.isAfter(clock.instant())) {
        pastDeadline.forEach(run -> unlessLocked(() -> aggregator.expire(run)));
      }
      closeQuiet();
      expireJobs(now);
    } catch (DataAccessException | TransactionException e) {
      log.atDebug().setCause(e).log("sweep failed, will be repeated");
      judgeNobodyYet();
    } finally {
      swept = clock.instant();
    }
  }

  /** Its jobs may wait on the broker: a run is quiet only up to when none did. */
  private void closeQuiet() {
    Instant asOf = intake.nothingWaitedAt();
    if (asOf != null) {
      runs.quiet(asOf.minus(settings.quietPeriod()), asOf.minus(settings.missingPeriod()), AT_ONCE)
          .forEach(run -> unlessLocked(() -> aggregator.closeQuiet(run)));
    }
  }

  /** That jobs were begun could not be noted, and their results wait for consumers that pause. */
  private void judgeNobodyYet() {
    judgeFrom = clock.instant().plus(ConsumerPause.LONGEST);
    listening.beginAnew(ConsumerPause.LONGEST);
  }

  /** A run that another session has locked must not hold up those after it. */
  private static void unlessLocked(Runnable step) {
    try {
      step.run();
    } catch (QueryTimeoutException e) {
      log.atDebug().setCause(e).log("run is locked, will be looked at again");
    }
  }

  /**
   * What runs is known from what nodes tell only, so nobody is judged before all could be heard.
   * What a node had begun is not judged at all, wherever it waits for its next attempt.
   */
  private void expireJobs(Instant now) {
    if (listening.longEnough()) {
      for (UUID jobId : jobs.pastExpiry(now.minus(settings.expiryGrace()), AT_ONCE)) {
        // What has begun may end, also while that is not noted yet: the nodes know its limits.
        if (live.find(jobId) == null) {
          unlessLocked(() ->
              aggregator.giveUp(
                  jobId,
                  ResultStatus.EXPIRED,
                  ErrorCode.EXPIRED,
                  "No node had taken the job before its time was over"));
        }
      }
    }
  }
}
