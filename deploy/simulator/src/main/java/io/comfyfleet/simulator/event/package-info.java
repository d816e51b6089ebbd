/**
 * The websockets of one server life and who hears which event. Confined to the event loop of its
 * node.
 */
@NullMarked
package io.comfyfleet.simulator.event;

import org.jspecify.annotations.NullMarked;
