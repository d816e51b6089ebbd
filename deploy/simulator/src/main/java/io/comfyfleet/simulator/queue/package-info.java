/**
 * The pending heap, the running prompt and the history of one server life. Confined to the event
 * loop of its node.
 */
@NullMarked
package io.comfyfleet.simulator.queue;

import org.jspecify.annotations.NullMarked;
