/**
 * POSTs the answer of a run or a job to the address its sender named, until the receiver takes it.
 * Whoever ends a run calls {@link io.comfyfleet.producer.callback.Callbacks}; nothing here knows
 * what a run is.
 */
@NullMarked
package io.comfyfleet.producer.callback;

import org.jspecify.annotations.NullMarked;
