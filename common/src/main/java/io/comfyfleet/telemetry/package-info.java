/** Keys of log lines and names of metrics, each in one file, so that producer and worker agree. */
@NullMarked
package io.comfyfleet.telemetry;

import org.jspecify.annotations.NullMarked;
