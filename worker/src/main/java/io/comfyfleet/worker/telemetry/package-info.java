/**
 * Where the worker's figures are kept and read. The features put them there through Micrometer's
 * registry; this package knows none of them.
 */
@NullMarked
package io.comfyfleet.worker.telemetry;

import org.jspecify.annotations.NullMarked;
