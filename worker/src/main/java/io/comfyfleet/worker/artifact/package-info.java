/**
 * Files on their way: inputs from an address or the output store into ComfyUI, outputs from ComfyUI
 * into the output store, streamed and never held whole in memory. Called by the execution package.
 * It must not know AMQP, nor when a job is settled.
 */
@NullMarked
package io.comfyfleet.worker.artifact;

import org.jspecify.annotations.NullMarked;
