/**
 * What this node is and does: its state, the jobs it has in hand, its health, its heartbeats, and
 * the words of an operator to it. The intake package asks it whether jobs may be taken. It must not
 * know how deliveries are settled.
 */
@NullMarked
package io.comfyfleet.worker.node;

import org.jspecify.annotations.NullMarked;
