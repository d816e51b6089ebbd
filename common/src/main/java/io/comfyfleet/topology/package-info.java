/**
 * Names, kinds and arguments of everything on the broker, in one place. The producer declares;
 * everyone else checks passively. The two broker profiles differ in queue arguments only.
 */
@NullMarked
package io.comfyfleet.topology;

import org.jspecify.annotations.NullMarked;
