package io.comfyfleet.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job's way through the fleet as OpenTelemetry spans, handed on as W3C {@code traceparent} in
 * HTTP and AMQP headers. Thread-safe. Switched off it makes no spans, and still hands on what a
 * sender gave.
 */
public final class Traces implements AutoCloseable {
  /** Header of HTTP requests and AMQP messages: W3C Trace Context, 55 characters. */
  public static final String HEADER = "traceparent";

  private static final TextMapGetter<String> GETTER =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String carrier) {
          return List.of(HEADER);
        }

        @Override
        public @Nullable String get(@Nullable String carrier, String key) {
          return key.equals(HEADER) ? carrier : null;
        }
      };

  private final Tracer tracer;
  private final @Nullable SdkTracerProvider provider;

  private Traces(Tracer tracer, @Nullable SdkTracerProvider provider) {
    this.tracer = tracer;
    this.provider = provider;
  }

  /** Makes no spans. */
  public static Traces off() {
    return new Traces(TracerProvider.noop().get("comfyfleet"), null);
  }

  /**
   * Sends spans by OTLP over HTTP, in the background and in batches; a collector that is away costs
   * spans and nothing else.
   *
   * @param service name of this program in the traces
   * @param collector address of the collector, such as {@code http://127.0.0.1:4318/v1/traces}
   * @param share of the traces that begin here which are recorded, 0 to 1; one that a caller began
   *     is recorded if the caller says so
   */
  public static Traces to(String service, URI collector, double share) {
    return to(
        service, OtlpHttpSpanExporter.builder().setEndpoint(collector.toString()).build(), share);
  }

  /** The same to any exporter. */
  public static Traces to(String service, SpanExporter exporter, double share) {
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(Attributes.builder().put("service.name", service).build()))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(share)))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .build();
    return new Traces(provider.get("comfyfleet"), provider);
  }

  /**
   * The context that a sender gave, for {@link #start}; the root when it gave none or nonsense.
   *
   * @param traceparent value of {@link #HEADER}
   */
  public static Context from(@Nullable Object traceparent) {
    String text = traceparent == null ? null : traceparent.toString();
    return W3CTraceContextPropagator.getInstance().extract(Context.root(), text, GETTER);
  }

  /** The calling thread's context as {@link #HEADER} value; null outside any trace. */
  public static @Nullable String current() {
    Map<String, String> carrier = new HashMap<>();
    W3CTraceContextPropagator.getInstance().inject(Context.current(), carrier, Map::put);
    return carrier.get(HEADER);
  }

  /** Starts a span; whoever starts it ends it. */
  public Span start(String name, SpanKind kind, Context parent) {
    return builder(name, kind, parent).startSpan();
  }

  /** A span that is not started yet. */
  public SpanBuilder builder(String name, SpanKind kind, Context parent) {
    return tracer.spanBuilder(name).setSpanKind(kind).setParent(parent);
  }

  /** Sends what is recorded, for ten seconds at most. */
  @Override
  public void close() {
    if (provider != null) {
      provider.shutdown().join(10, java.util.concurrent.TimeUnit.SECONDS);
    }
  }
}
