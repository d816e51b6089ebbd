package io.comfyfleet.producer.run;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.producer.node.FleetControl;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.telemetry.LogKeys;
import java.util.Locale;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Ends what its sender wants no more. The database decides; the word to the nodes only saves them
 * work, so it follows the commit and may be lost ({@link Recalls} repeats it).
 */
@Component
class Cancelling {
  private static final Logger log = LoggerFactory.getLogger(Cancelling.class);

  private final Aggregator aggregator;
  private final RunReader reader;
  private final LiveJobs live;
  private final FleetControl control;

  Cancelling(Aggregator aggregator, RunReader reader, LiveJobs live, FleetControl control) {
    this.aggregator = aggregator;
    this.reader = reader;
    this.live = live;
    this.control = control;
  }

  /**
   * Cancels a job wherever it is; what waits for it ends with it.
   *
   * @throws ProblemException 404 when there is none, 409 when it has ended
   */
  JobView job(UUID jobId) {
    LiveJobs.Live holder = live.find(jobId);
    boolean first =
        aggregator.giveUp(
            jobId, ResultStatus.CANCELLED, ErrorCode.CANCELLED, "The sender cancelled the job");
    JobView job = reader.job(jobId, 0);
    if (!first) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "job-ended",
          "Job " + jobId + " has ended as " + wire(job.status()) + " at " + job.endedAt());
    }
    ControlMessage word = new ControlMessage.Cancel(jobId);
    tell(() -> {
      if (holder == null) {
        control.tellAll(word);
      } else {
        control.tell(holder.nodeId(), word);
      }
    });
    return job;
  }

  /**
   * Cancels every job of a run that has not ended, and closes the run.
   *
   * @throws ProblemException 404 when there is none, 409 when it has ended
   */
  RunView run(String runId) {
    boolean first = aggregator.cancel(runId);
    RunView run = reader.run(runId, 0);
    if (!first) {
      throw new ProblemException(
          HttpStatus.CONFLICT,
          "run-ended",
          "Run " + runId + " has ended as " + wire(run.status()) + " at " + run.completedAt());
    }
    tell(() -> control.tellAll(new ControlMessage.CancelRun(runId)));
    return run;
  }

  private static void tell(Runnable word) {
    try {
      word.run();
    } catch (AmqpException e) {
      log.atInfo().addKeyValue(LogKeys.REASON, e.getMessage()).log("nodes not told of a cancel");
    }
  }

  private static String wire(Enum<?> status) {
    return status.name().toLowerCase(Locale.ROOT);
  }
}
