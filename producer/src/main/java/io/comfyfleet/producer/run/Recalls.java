package io.comfyfleet.producer.run;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import io.comfyfleet.node.RunningJob;
import io.comfyfleet.producer.node.FleetControl;
import io.comfyfleet.producer.node.FleetEventSink;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.telemetry.LogKeys;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Stops what nodes should not be doing. A cancelled or expired job waits on the broker until a
 * worker pulls it, and the word that cancels may be lost: so each job that a node tells of is
 * looked up when it is first seen there, and one that has ended is cancelled at that node, again
 * with each heartbeat that still lists it. A job that another node has in hand was published twice;
 * the second node puts it back to wait. That a job was begun is noted on the way.
 *
 * <p>Invariants: (1) the consumer's thread neither looks anything up nor publishes; (2) what is
 * remembered and what is queued is bounded, and forgetting costs one more look; (3) one thread does
 * the work, and is never interrupted.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class Recalls implements FleetEventSink, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Recalls.class);
  private static final int QUEUED = 1_000;

  /** A node whose result has just come may tell of that job once more. */
  private static final Duration STILL_LEAVING = Duration.ofSeconds(10);

  private final EndedTable jobs;
  private final BegunTable begun;
  private final LiveJobs live;
  private final Nodes nodes;
  private final FleetControl control;
  private final Clock clock;
  private final Sightings sightings;
  private final ThreadPoolExecutor thread;

  Recalls(
      EndedTable jobs,
      BegunTable begun,
      LiveJobs live,
      Nodes nodes,
      FleetControl control,
      Clock clock) {
    this.jobs = jobs;
    this.begun = begun;
    this.live = live;
    this.nodes = nodes;
    this.control = control;
    this.clock = clock;
    this.sightings = new Sightings(clock);
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(QUEUED),
            Thread.ofPlatform().name("recalls").factory());
    thread.allowCoreThreadTimeOut(true);
  }

  /** Called before the picture of live jobs takes the event in. */
  @Override
  public void accept(FleetEvent event) {
    switch (event) {
      case JobProgress progress -> {
        if (progress.phase() == RunningJob.Phase.PREPARE) {
          if (!progress.redelivered() && heldByAnother(progress)) {
            queue(() -> defer(progress.jobId(), progress.nodeId()), () -> {});
          }
          look(progress.nodeId(), List.of(progress.jobId()));
        }
      }
      case Heartbeat beat ->
          look(beat.nodeId(), beat.jobs().stream().map(RunningJob::jobId).toList());
    }
  }

  /** Whoever still has that job is to be looked at again. */
  void ended(UUID jobId) {
    sightings.forget(List.of(jobId));
  }

  private boolean heldByAnother(JobProgress progress) {
    LiveJobs.Live holder = live.find(progress.jobId());
    return holder != null
        && !holder.nodeId().equals(progress.nodeId())
        // A later attempt is no repeat: the picture of the holder is only a heartbeat old.
        && holder.attempt() >= progress.attempt()
        && nodes.alive(holder.nodeId());
  }

  private void look(String nodeId, List<UUID> told) {
    List<UUID> fresh =
        told.stream().filter(jobId -> sightings.first(jobId, nodeId)).distinct().toList();
    if (!fresh.isEmpty()) {
      queue(
          () -> {
            fresh.forEach(jobId -> begun.note(jobId, clock.instant()));
            recall(nodeId, fresh);
          },
          () -> sightings.forget(fresh));
    }
  }

  private void queue(Runnable work, Runnable undone) {
    try {
      thread.execute(() -> attempt(work, undone));
    } catch (RejectedExecutionException e) {
      undone.run();
    }
  }

  private static void attempt(Runnable work, Runnable undone) {
    try {
      work.run();
    } catch (DataAccessException | TransactionException | AmqpException e) {
      log.atDebug().setCause(e).log("nodes not looked after, the next heartbeat repeats it");
      undone.run();
    }
  }

  private void recall(String nodeId, List<UUID> jobIds) {
    for (EndedTable.Ended ended : jobs.among(jobIds)) {
      sightings.forget(List.of(ended.jobId()));
      boolean leaving =
          nodeId.equals(ended.nodeId()) && ended.at().isAfter(clock.instant().minus(STILL_LEAVING));
      if (!leaving) {
        control.tell(nodeId, new ControlMessage.Cancel(ended.jobId()));
        log.atInfo()
            .addKeyValue(LogKeys.JOB_ID, ended.jobId())
            .addKeyValue(LogKeys.WORKER, nodeId)
            .log("node told to stop a job that has ended");
      }
    }
  }

  private void defer(UUID jobId, String nodeId) {
    control.tell(nodeId, new ControlMessage.Defer(jobId));
    log.atInfo()
        .addKeyValue(LogKeys.JOB_ID, jobId)
        .addKeyValue(LogKeys.WORKER, nodeId)
        .log("node told to put back a job that another has in hand");
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      thread.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
