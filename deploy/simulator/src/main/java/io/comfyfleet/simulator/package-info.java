/**
 * A ComfyUI that behaves like the real one, faults included: as a fixture for tests and as a
 * program.
 */
@NullMarked
package io.comfyfleet.simulator;

import org.jspecify.annotations.NullMarked;
