/**
 * ComfyUI, the program that a worker drives: its HTTP routes and its websocket as typed calls,
 * records and exceptions. Called by the execution and artifact packages. It must not know what a
 * job or a queue is; a graph is all it takes.
 */
@NullMarked
package io.comfyfleet.worker.comfy;

import org.jspecify.annotations.NullMarked;
