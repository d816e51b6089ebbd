/**
 * The fleet in figures for Prometheus: a look at queues, outbox and nodes every few seconds, and
 * gauges that show what the last look saw. What is counted where it happens is counted by the
 * features themselves.
 */
@NullMarked
package io.comfyfleet.producer.telemetry;

import org.jspecify.annotations.NullMarked;
