/**
 * One attempt of a job from its message to its {@link io.comfyfleet.worker.execution.Outcome}:
 * inputs, graph, submission or re-attachment, waiting, outputs, and what each error means. Called
 * by the intake package. It must not know AMQP.
 */
@NullMarked
package io.comfyfleet.worker.execution;

import org.jspecify.annotations.NullMarked;
