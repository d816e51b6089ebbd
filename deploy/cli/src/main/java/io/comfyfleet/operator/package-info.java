/**
 * The operator's commands: each asks a running producer over HTTP, prints what it answers as a
 * table or as the producer's own JSON, and ends with an {@link io.comfyfleet.operator.Exit} that a
 * script can use. Starts no process and knows no code of producer or worker.
 */
@NullMarked
package io.comfyfleet.operator;

import org.jspecify.annotations.NullMarked;
