package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobError;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.producer.broker.PatientListener;
import io.comfyfleet.producer.run.Aggregator;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.topology.TopologyDeclaration;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.MessageHeaders;
import io.comfyfleet.wire.UnreadableMessageException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.stereotype.Component;

/**
 * Reads the copy of each dead letter and ends the job that nobody else will end: one that the
 * broker itself gave up, one whose result could not be read or kept, and one whose own message a
 * worker could not read. Any other letter from a worker needs nothing: its result follows. Of each
 * it is told on {@link Topology#RUNS}.
 */
@Component
class Notices implements PatientListener.Work {
  private static final Logger log = LoggerFactory.getLogger(Notices.class);
  private static final Pattern UUIDS =
      Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final Pattern JOB_ID =
      Pattern.compile("\"job_id\"\\s*:\\s*\"(" + UUIDS.pattern() + ")\"");

  private final Aggregator aggregator;
  private final MessageCodec codec;
  private final Obituary obituary;

  Notices(Aggregator aggregator, MessageCodec codec, Obituary obituary) {
    this.aggregator = aggregator;
    this.codec = codec;
    this.obituary = obituary;
  }

  @Override
  public void take(Message letter) {
    obituary.tell(letter);
    MessageProperties properties = letter.getMessageProperties();
    Map<String, Object> headers = properties.getHeaders();
    String origin = String.valueOf(headers.get(MessageHeaders.ORIGIN));
    String error = String.valueOf(headers.get(MessageHeaders.ERROR));
    if (origin.equals(Topology.RESULTS)) {
      lost(
          letter,
          ErrorCode.INTERNAL_ERROR,
          "The result of the job could not be read or kept and is among the dead letters: "
              + error);
    } else if (isJobThatNobodyReads(origin, headers)) {
      lost(
          letter,
          ErrorCode.UNREADABLE_MESSAGE,
          "The job's message could not be read and is among the dead letters; is a worker older"
              + " than the producer? "
              + error);
    } else if (!headers.containsKey(MessageHeaders.REASON)) {
      List<? extends Map<String, ?>> deaths = properties.getXDeathHeader();
      if (deaths != null && !deaths.isEmpty()) {
        // The latest first; an earlier one may only be a wait between two attempts.
        givenUp(letter, String.valueOf(deaths.getFirst().get("reason")));
      }
    }
  }

  private void givenUp(Message letter, String cause) {
    Job job;
    try {
      job = codec.decodeJob(letter.getBody());
    } catch (UnreadableMessageException e) {
      log.atWarn()
          .addKeyValue(LogKeys.REASON, cause)
          .log("the broker gave up a message that is no job; it is among the dead letters");
      return;
    }
    if (aggregator.fail(job, JobError.permanent(ErrorCode.DELIVERY_LIMIT, words(cause)))) {
      told(job.jobId(), cause);
    }
  }

  private static String words(String cause) {
    String what =
        switch (cause) {
          case "delivery_limit" ->
              "after "
                  + TopologyDeclaration.DELIVERY_LIMIT
                  + " deliveries that ended with their worker; look at what the workers logged";
          case "expired" -> "because its time to live in the queue was over; look at the policies";
          case "maxlen" -> "because the queue was full; look at the policies";
          case "rejected" -> "because a consumer refused it; look at who reads the queue";
          default -> "(" + cause + ")";
        };
    return "The broker gave the job up " + what + ". Its message is among the dead letters";
  }

  private static boolean isJobThatNobodyReads(String origin, Map<String, Object> headers) {
    boolean ours = origin.startsWith(Topology.JOBS + ".") || origin.equals(Topology.ELSEWHERE);
    return ours
        && ErrorCode.UNREADABLE_MESSAGE.wireName().equals(headers.get(MessageHeaders.REASON));
  }

  private void lost(Message letter, ErrorCode code, String words) {
    for (UUID jobId : jobs(letter)) {
      if (aggregator.giveUp(jobId, ResultStatus.FAILED, code, words)) {
        told(jobId, code.wireName());
        return;
      }
    }
  }

  /** Which job a broken message may be about, the likeliest first. */
  private static Set<UUID> jobs(Message letter) {
    Set<UUID> ids = new LinkedHashSet<>();
    String messageId = letter.getMessageProperties().getMessageId();
    if (messageId != null && UUIDS.matcher(messageId).matches()) {
      ids.add(UUID.fromString(messageId));
    }
    Matcher found = JOB_ID.matcher(new String(letter.getBody(), StandardCharsets.UTF_8));
    if (found.find()) {
      ids.add(UUID.fromString(found.group(1)));
    }
    return ids;
  }

  private static void told(UUID jobId, String cause) {
    log.atWarn()
        .addKeyValue(LogKeys.JOB_ID, jobId)
        .addKeyValue(LogKeys.REASON, cause)
        .log("job ended by its dead letter");
  }

  /** The letter itself is still there for people. */
  @Override
  public void broken(Message letter, RuntimeException fault) {
    log.atError().setCause(fault).log("notice of a dead letter cannot be dealt with");
  }
}
