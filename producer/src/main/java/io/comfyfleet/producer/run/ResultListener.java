package io.comfyfleet.producer.run;

import com.rabbitmq.client.Channel;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Result;
import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.DeadLetters;
import io.comfyfleet.producer.broker.Settlement;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareBatchMessageListener;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Takes results in batches: one transaction, then one acknowledgement. Database or broker away:
 * after a pause everything is given back and comes again. A message that is no result, or that
 * cannot be kept, goes to the dead letters.
 */
@Component
class ResultListener implements ChannelAwareBatchMessageListener {
  private static final Logger log = LoggerFactory.getLogger(ResultListener.class);
  private static final String NAME = "results";

  private final Aggregator aggregator;
  private final MessageCodec codec;
  private final DeadLetters deadLetters;
  private final ConsumerPause pause;
  private final Traces traces;

  ResultListener(
      Aggregator aggregator,
      MessageCodec codec,
      DeadLetters deadLetters,
      ConsumerPause pause,
      Traces traces) {
    this.aggregator = aggregator;
    this.codec = codec;
    this.deadLetters = deadLetters;
    this.pause = pause;
    this.traces = traces;
  }

  private record Decoded(Message message, Result result) {}

  private record Unreadable(Message message, String reason) {}

  @Override
  public void onMessageBatch(List<Message> batch, Channel channel) {
    try {
      keep(batch);
      pause.over(NAME);
    } catch (DataAccessException | TransactionException | AmqpException e) {
      pause.after(NAME, e);
      Settlement.giveBack(batch, channel);
      return;
    }
    Settlement.ack(batch, channel);
  }

  private void keep(List<Message> batch) {
    List<Decoded> decoded = new ArrayList<>();
    List<Unreadable> unreadable = new ArrayList<>();
    for (Message message : batch) {
      try {
        decoded.add(new Decoded(message, codec.decodeResult(message.getBody())));
      } catch (UnreadableMessageException e) {
        unreadable.add(new Unreadable(message, e.getMessage()));
      }
    }
    record(decoded);
    // Last, so that a batch that comes again because of the database adds no letter twice.
    for (Unreadable each : unreadable) {
      log.atWarn().addKeyValue(LogKeys.REASON, each.reason()).log("unreadable result");
      deadLetters.add(each.message(), ErrorCode.UNREADABLE_MESSAGE, each.reason());
    }
  }

  private void record(List<Decoded> batch) {
    if (batch.isEmpty()) {
      return;
    }
    List<Span> spans = batch.stream().map(this::span).toList();
    try {
      aggregator.record(batch.stream().map(Decoded::result).toList());
    } catch (DataIntegrityViolationException e) {
      oneByOne(batch, e);
    } catch (DataAccessException | TransactionException | AmqpException e) {
      throw e;
    } catch (RuntimeException e) {
      oneByOne(batch, e);
    } finally {
      spans.forEach(Span::end);
    }
  }

  /** The last of the job's trace: its result is kept. */
  private Span span(Decoded one) {
    Object parent = one.message().getMessageProperties().getHeader(Traces.HEADER);
    return traces
        .builder("keep result", SpanKind.CONSUMER, Traces.from(parent))
        .setAttribute(LogKeys.JOB_ID, one.result().jobId().toString())
        .setAttribute(LogKeys.OUTCOME, one.result().status().name().toLowerCase(Locale.ROOT))
        .startSpan();
  }

  /** One that cannot be kept must not hold up the others. */
  private void oneByOne(List<Decoded> batch, RuntimeException e) {
    if (batch.size() > 1) {
      batch.forEach(one -> record(List.of(one)));
      return;
    }
    log.atError()
        .addKeyValue(LogKeys.JOB_ID, batch.getFirst().result().jobId())
        .setCause(e)
        .log("result cannot be kept");
    deadLetters.add(
        batch.getFirst().message(), ErrorCode.INTERNAL_ERROR, String.valueOf(e.getMessage()));
  }
}
