package io.comfyfleet.producer.reroute;

import io.comfyfleet.job.Attempt;
import io.comfyfleet.job.Destiny;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.producer.broker.ConfirmedPublisher;
import io.comfyfleet.producer.broker.DeadLetters;
import io.comfyfleet.producer.broker.Outage;
import io.comfyfleet.producer.broker.Outgoing;
import io.comfyfleet.producer.broker.PatientListener;
import io.comfyfleet.producer.broker.Publication;
import io.comfyfleet.producer.node.Listening;
import io.comfyfleet.producer.node.Nodes;
import io.comfyfleet.producer.run.Aggregator;
import io.comfyfleet.producer.run.BegunTable;
import io.comfyfleet.producer.run.JobTable;
import io.comfyfleet.producer.run.LiveJobs;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.stereotype.Component;

/**
 * Decides about one job that a node has sent back as beyond it. Nothing is given up on the strength
 * of silence: when no live node serves the lane, or this producer has not listened for long, the
 * job goes round once more.
 */
@Component
class Reroute implements PatientListener.Work {
  private static final Logger log = LoggerFactory.getLogger(Reroute.class);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration LATER = Duration.ofSeconds(15);

  private final Nodes nodes;
  private final Listening listening;
  private final JobTable jobs;
  private final LiveJobs live;
  private final BegunTable begun;
  private final Aggregator aggregator;
  private final ConfirmedPublisher publisher;
  private final DeadLetters deadLetters;
  private final MessageCodec codec;

  Reroute(
      Nodes nodes,
      Listening listening,
      JobTable jobs,
      LiveJobs live,
      BegunTable begun,
      Aggregator aggregator,
      ConfirmedPublisher publisher,
      DeadLetters deadLetters,
      MessageCodec codec) {
    this.nodes = nodes;
    this.listening = listening;
    this.jobs = jobs;
    this.live = live;
    this.begun = begun;
    this.aggregator = aggregator;
    this.publisher = publisher;
    this.deadLetters = deadLetters;
    this.codec = codec;
  }

  @Override
  public void take(Message message) {
    Job job;
    try {
      job = codec.decodeJob(message.getBody());
    } catch (UnreadableMessageException e) {
      deadLetters.add(message, ErrorCode.UNREADABLE_MESSAGE, String.valueOf(e.getMessage()));
      return;
    }
    decide(message, job);
  }

  private void decide(Message message, Job job) {
    if (jobs.find(job.jobId()).filter(row -> !row.pending()).isPresent()) {
      return;
    }
    live.left(job.jobId());
    if (job.attempts().stream()
        .allMatch(attempt -> attempt.error().destiny() == Destiny.ELSEWHERE)) {
      begun.forget(job.jobId());
    }
    Set<String> serving = nodes.serving(job.lane());
    if (serving.stream().anyMatch(node -> !job.excludes(node))) {
      sendOn(message, job, SOON);
    } else if (serving.isEmpty() || !listening.longEnough()) {
      sendOn(message, job, LATER);
    } else {
      giveUp(message, job, JobError.permanent(ErrorCode.NO_CAPABLE_NODE, why(job, serving)));
    }
  }

  private void sendOn(Message message, Job job, Duration wait) {
    Integer priority = message.getMessageProperties().getPriority();
    // What was received as persistent is not sent so by itself.
    Message same =
        MessageBuilder.fromClonedMessage(message)
            .setDeliveryMode(MessageDeliveryMode.PERSISTENT)
            .setPriority(priority == null ? job.priority() : priority)
            .build();
    Publication outcome =
        publisher.publish(List.of(new Outgoing(Topology.retry(wait), job.lane(), same))).getFirst();
    if (!(outcome instanceof Publication.Confirmed)) {
      throw new AmqpException("The job was not taken back: " + outcome);
    }
    log.atDebug().addKeyValue(LogKeys.JOB_ID, job.jobId()).log("job sent on to another node");
  }

  private void giveUp(Message message, Job job, JobError error) {
    aggregator.fail(job, error, () -> deadLetters.add(message, error.code(), error.message()));
  }

  @Override
  public void broken(Message message, RuntimeException fault) {
    Object jobId = message.getMessageProperties().getMessageId();
    log.atError()
        .addKeyValue(LogKeys.JOB_ID, jobId)
        .setCause(fault)
        .log("job that needs another node cannot be dealt with");
    String reason = "It cannot be sent on: " + fault.getMessage();
    try {
      Job job = codec.decodeJob(message.getBody());
      giveUp(message, job, JobError.permanent(ErrorCode.INTERNAL_ERROR, reason));
    } catch (RuntimeException e) {
      if (Outage.is(e)) {
        throw e;
      }
      // Given back it would be the next delivery again, with all others behind it.
      log.atError()
          .addKeyValue(LogKeys.JOB_ID, jobId)
          .setCause(e)
          .log("job can neither be sent on nor ended; its message is among the dead letters");
      deadLetters.add(message, ErrorCode.INTERNAL_ERROR, reason);
    }
  }

  private static String why(Job job, Set<String> serving) {
    Map<String, String> reasons = new TreeMap<>();
    for (Attempt attempt : job.attempts()) {
      JobError error = attempt.error();
      if (error.destiny() == Destiny.ELSEWHERE && serving.contains(attempt.nodeId())) {
        reasons.put(attempt.nodeId(), error.code().wireName() + ", " + error.message());
      }
    }
    StringBuilder words =
        new StringBuilder("No live node that serves the lane \"" + job.lane() + "\" can do it:");
    reasons.forEach(
        (node, reason) -> words.append(' ').append(node).append(": ").append(reason).append(';'));
    return words.append(" install what is missing, or send it to another lane").toString();
  }
}
