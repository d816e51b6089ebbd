/**
 * The fleet's programs as processes: where their jars are, how each is started, and how a started
 * one is talked to over HTTP. What {@code ./fleet}'s commands have in common; knows none of them,
 * and no code of producer or worker.
 */
@NullMarked
package io.comfyfleet.launch;

import org.jspecify.annotations.NullMarked;
