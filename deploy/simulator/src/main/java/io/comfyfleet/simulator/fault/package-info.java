/** The faults that can be armed, from a test or over HTTP. Safe for all threads. */
@NullMarked
package io.comfyfleet.simulator.fault;

import org.jspecify.annotations.NullMarked;
