/**
 * The command line behind {@code ./fleet}: starts broker, nodes, workers and producer as processes,
 * and talks to the producer over HTTP as any caller would. Knows no code of producer or worker.
 */
@NullMarked
package io.comfyfleet.cli;

import org.jspecify.annotations.NullMarked;
