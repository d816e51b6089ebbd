/**
 * Lanes over HTTP: which there are, who serves them, and declaring and removing them while
 * everything runs. What a lane is on the broker, {@code broker} knows.
 */
@NullMarked
package io.comfyfleet.producer.lane;

import org.jspecify.annotations.NullMarked;
