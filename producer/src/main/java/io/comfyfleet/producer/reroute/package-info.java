/**
 * Jobs that the node which had them can never do: sent on while a live node may be able to, given
 * up when every one is ruled out. Only the producer knows all nodes.
 */
@NullMarked
package io.comfyfleet.producer.reroute;

import org.jspecify.annotations.NullMarked;
