/**
 * Runs one prompt at a time: order of nodes, cache, progress, interrupts, events. Confined to the
 * event loop of its node; only file work leaves it.
 */
@NullMarked
package io.comfyfleet.simulator.execution;

import org.jspecify.annotations.NullMarked;
