package io.comfyfleet.simulator.setup;

/** How the time of one prompt varies around the configured one. */
public enum Spread {
  /** Every prompt takes the configured time. */
  FIXED,
  /** Times spread from a half to one and a half of the configured one, repeatable by seed. */
  SEEDED
}
