package io.comfyfleet.worker.artifact;

import java.time.Duration;

/** A wait that somebody may cut short. */
@FunctionalInterface
public interface Pause {
  /** Waits so long; false when it was cut short. */
  boolean await(Duration time);
}
