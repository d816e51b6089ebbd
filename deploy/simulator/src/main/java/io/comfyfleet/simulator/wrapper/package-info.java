/**
 * The plain wrapper: the HTTP service that stands in front of one ComfyUI where there is no fleet.
 * Each wrapper is confined to one event loop and speaks to its ComfyUI by HTTP only.
 */
@NullMarked
package io.comfyfleet.simulator.wrapper;

import org.jspecify.annotations.NullMarked;
