/**
 * What is asked for and what comes of it: {@link io.comfyfleet.job.Job}, {@link
 * io.comfyfleet.job.Result} and their parts. Plain values that validate themselves; they know
 * neither JSON nor AMQP and depend on the JDK only.
 */
@NullMarked
package io.comfyfleet.job;

import org.jspecify.annotations.NullMarked;
