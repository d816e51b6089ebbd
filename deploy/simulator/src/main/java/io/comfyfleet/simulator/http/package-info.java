/** The routes of ComfyUI and of the control endpoint. Confined to the event loop of its node. */
@NullMarked
package io.comfyfleet.simulator.http;

import org.jspecify.annotations.NullMarked;
