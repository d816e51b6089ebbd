/**
 * What a simulated ComfyUI is asked to be like: its options and the version it copies. Depends on
 * nothing else.
 */
@NullMarked
package io.comfyfleet.simulator.setup;

import org.jspecify.annotations.NullMarked;
