package io.comfyfleet.worker.intake;

import io.comfyfleet.job.Job;
import io.comfyfleet.node.RunningJob.Phase;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.worker.execution.Outcome;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One attempt as a span, child of whatever its message carries, and a span in it for each phase:
 * prepare (inputs, submission), run, store. It is the current span of the thread that opened it, so
 * that every message that settles the attempt carries it on. For that one thread.
 */
final class AttemptTrace implements AutoCloseable {
  private final Traces traces;
  private final Span span;
  private final Scope scope;
  private @Nullable Phase phase;
  private @Nullable Span child;

  private AttemptTrace(Traces traces, Span span) {
    this.traces = traces;
    this.span = span;
    scope = span.makeCurrent();
    if (span.getSpanContext().isValid()) {
      MDC.put(LogKeys.TRACE_ID, span.getSpanContext().getTraceId());
    }
  }

  static AttemptTrace open(Traces traces, Delivery delivery, Job job, String nodeId) {
    Span span =
        traces
            .builder("attempt", SpanKind.CONSUMER, Traces.from(delivery.traceparent()))
            .setAttribute(LogKeys.JOB_ID, job.jobId().toString())
            .setAttribute(LogKeys.RUN_ID, job.runId())
            .setAttribute(LogKeys.ATTEMPT, job.attempt())
            .setAttribute(LogKeys.LANE, delivery.lane())
            .setAttribute(LogKeys.KIND, job.type().wireName())
            .setAttribute(LogKeys.WORKER, nodeId)
            .setAttribute(LogKeys.REDELIVERED, delivery.redelivered())
            .startSpan();
    return new AttemptTrace(traces, span);
  }

  /** The attempt is in that phase now. */
  void enter(Phase next) {
    if (next != phase) {
      endPhase();
      phase = next;
      child =
          traces.start(
              next.name().toLowerCase(Locale.ROOT),
              SpanKind.INTERNAL,
              Context.current().with(span));
    }
  }

  /** How it ended. */
  void ended(Outcome outcome) {
    endPhase();
    span.setAttribute(LogKeys.OUTCOME, outcome.getClass().getSimpleName());
    if (outcome instanceof Outcome.Ended ended) {
      span.setAttribute(LogKeys.REASON, ended.error().code().wireName());
      span.setStatus(StatusCode.ERROR, ended.error().message());
    }
  }

  private void endPhase() {
    if (child != null) {
      child.end();
      child = null;
    }
  }

  @Override
  public void close() {
    endPhase();
    scope.close();
    span.end();
    MDC.remove(LogKeys.TRACE_ID);
  }
}
