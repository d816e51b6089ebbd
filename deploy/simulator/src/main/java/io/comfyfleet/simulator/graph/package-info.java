/**
 * The node classes the simulator knows and the check of a posted graph against them, with the
 * replies of the real server. Knows no HTTP.
 */
@NullMarked
package io.comfyfleet.simulator.graph;

import org.jspecify.annotations.NullMarked;
