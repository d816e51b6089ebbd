package io.comfyfleet.producer;

import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import org.springframework.context.annotation.Bean;

/** Keeps spans for a test to read. No configuration that a scan would find: tests name it. */
final class SpanMemory {
  @Bean
  InMemorySpanExporter spanExporter() {
    return InMemorySpanExporter.create();
  }
}
