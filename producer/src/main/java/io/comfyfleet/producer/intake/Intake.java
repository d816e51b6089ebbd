package io.comfyfleet.producer.intake;

import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.broker.DeadLetters;
import io.comfyfleet.producer.broker.PatientListener;
import io.comfyfleet.producer.dispatch.Door;
import io.comfyfleet.producer.dispatch.UnknownKeyException;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.stereotype.Component;

/**
 * Takes one request at a time and settles it on every path: accepted, or among the dead letters, or
 * at the end of the queue because it needs one that is yet to come, or given back after a pause
 * because the database or the broker is away.
 */
@Component
class Intake implements PatientListener.Work {
  private static final Logger log = LoggerFactory.getLogger(Intake.class);

  private final Door door;
  private final WaitingLine line;
  private final DeadLetters deadLetters;
  private final Traces traces;

  Intake(Door door, WaitingLine line, DeadLetters deadLetters, Traces traces) {
    this.door = door;
    this.line = line;
    this.deadLetters = deadLetters;
    this.traces = traces;
  }

  @Override
  public void take(Message message) {
    line.await(message);
    Span span =
        traces.start(
            "accept from intake",
            SpanKind.CONSUMER,
            Traces.from(message.getMessageProperties().getHeader(Traces.HEADER)));
    try (var _ = span.makeCurrent()) {
      accept(message);
    } finally {
      span.end();
    }
  }

  private void accept(Message message) {
    MessageProperties properties = message.getMessageProperties();
    try {
      UUID jobId =
          door.message(
              message.getBody(),
              uuid(properties.getMessageId()),
              properties.getReplyTo(),
              properties.getCorrelationId());
      log.atInfo().addKeyValue(LogKeys.JOB_ID, jobId).log("job accepted from the intake");
    } catch (UnknownKeyException e) {
      if (line.isOver(message) || !line.join(message)) {
        refuse(message, ErrorCode.UNREADABLE_MESSAGE, String.valueOf(e.getMessage()));
      }
    } catch (InvalidMessageException e) {
      refuse(message, ErrorCode.UNREADABLE_MESSAGE, e.getMessage());
    }
  }

  @Override
  public void broken(Message message, RuntimeException fault) {
    log.atError().setCause(fault).log("intake message cannot be kept");
    deadLetters.add(message, ErrorCode.INTERNAL_ERROR, "It cannot be kept: " + fault.getMessage());
  }

  private void refuse(Message message, ErrorCode code, String reason) {
    log.atWarn().addKeyValue(LogKeys.REASON, reason).log("intake message refused");
    deadLetters.add(message, code, reason);
  }

  private static @Nullable UUID uuid(@Nullable String text) {
    try {
      return text == null ? null : UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
