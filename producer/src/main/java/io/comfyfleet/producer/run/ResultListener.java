package io.comfyfleet.producer.run;

import com.rabbitmq.client.Channel;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.Result;
import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.producer.broker.DeadLetters;
import io.comfyfleet.producer.broker.Outage;
import io.comfyfleet.producer.broker.Settlement;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareBatchMessageListener;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.stereotype.Component;

/**
 * Takes results in batches: one transaction, then one acknowledgement. Database or broker away:
 * after a pause everything is given back and comes again. Results of a run that another session has
 * locked for too long are given back without the others. A message that is no result, or that
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
    List<Message> locked;
    try {
      locked = keep(batch);
      pause.over(NAME);
    } catch (RuntimeException e) {
      if (!Outage.is(e)) {
        log.atError().setCause(e).log("results can be dealt with in no way; they come again");
      }
      // Left unsettled, they would be acknowledged with the next batch.
      pause.after(NAME, e);
      Settlement.giveBack(batch, channel);
      return;
    }
    if (locked.isEmpty()) {
      Settlement.ack(batch, channel);
    } else {
      List<Message> done = batch.stream().filter(one -> !locked.contains(one)).toList();
      Settlement.settle(done, locked, channel);
    }
  }

  /** Those that must come again, because their runs are locked. */
  private List<Message> keep(List<Message> batch) {
    List<Decoded> decoded = new ArrayList<>();
    List<Unreadable> unreadable = new ArrayList<>();
    for (Message message : batch) {
      try {
        decoded.add(new Decoded(message, codec.decodeResult(message.getBody())));
      } catch (UnreadableMessageException e) {
        unreadable.add(new Unreadable(message, e.getMessage()));
      }
    }
    List<Message> locked = record(decoded);
    // Last, so that a batch that comes again because of the database adds no letter twice.
    for (Unreadable each : unreadable) {
      log.atWarn().addKeyValue(LogKeys.REASON, each.reason()).log("unreadable result");
      deadLetters.add(each.message(), ErrorCode.UNREADABLE_MESSAGE, each.reason());
    }
    return locked;
  }

  private List<Message> record(List<Decoded> batch) {
    if (batch.isEmpty()) {
      return List.of();
    }
    List<Span> spans = batch.stream().map(this::span).toList();
    try {
      aggregator.record(batch.stream().map(Decoded::result).toList());
      return List.of();
    } catch (QueryTimeoutException e) {
      return runByRun(batch, e);
    } catch (RuntimeException e) {
      if (Outage.is(e)) {
        throw e;
      }
      return oneByOne(batch, e);
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

  /** A run that another session has locked must not hold up the others. */
  private List<Message> runByRun(List<Decoded> batch, QueryTimeoutException e) {
    Collection<List<Decoded>> runs =
        batch.stream().collect(Collectors.groupingBy(one -> one.result().runId())).values();
    if (runs.size() == 1) {
      throw e;
    }
    List<Message> locked = new ArrayList<>();
    for (List<Decoded> run : runs) {
      try {
        locked.addAll(record(run));
      } catch (QueryTimeoutException timeout) {
        log.atWarn()
            .addKeyValue(LogKeys.RUN_ID, run.getFirst().result().runId())
            .addKeyValue(LogKeys.COUNT, run.size())
            .log("run is locked by another session of the database; its results wait");
        run.forEach(one -> locked.add(one.message()));
      }
    }
    if (locked.size() == batch.size()) {
      throw e;
    }
    return locked;
  }

  /** One that cannot be kept must not hold up the others. */
  private List<Message> oneByOne(List<Decoded> batch, RuntimeException e) {
    if (batch.size() > 1) {
      List<Message> locked = new ArrayList<>();
      batch.forEach(one -> locked.addAll(record(List.of(one))));
      return locked;
    }
    log.atError()
        .addKeyValue(LogKeys.JOB_ID, batch.getFirst().result().jobId())
        .setCause(e)
        .log("result cannot be kept");
    deadLetters.add(
        batch.getFirst().message(), ErrorCode.INTERNAL_ERROR, String.valueOf(e.getMessage()));
    return List.of();
  }
}
