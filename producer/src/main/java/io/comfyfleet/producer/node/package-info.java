/**
 * The picture of the fleet: who is there, what each node does, and the operator's word to it. Lives
 * in memory only and is complete again one heartbeat after a restart. No job depends on it.
 */
@NullMarked
package io.comfyfleet.producer.node;

import org.jspecify.annotations.NullMarked;
