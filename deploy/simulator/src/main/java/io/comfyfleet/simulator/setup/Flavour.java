package io.comfyfleet.simulator.setup;

/**
 * A version of ComfyUI whose observable behaviour the simulator copies.
 *
 * <p>The differences were recorded on real servers: see {@code docs/simulator.md}.
 */
public enum Flavour {
  /** Free-form prompt ids, no job routes, {@code invalid_prompt} for unknown classes. */
  V0_3_64("0.3.64"),
  /** Prompt ids are canonical UUIDs; job routes without cancel. */
  V0_25("0.25.0"),
  /** Job routes with cancel, {@code missing_node_type} for unknown classes. */
  V0_33("0.33.0");

  private final String version;

  Flavour(String version) {
    this.version = version;
  }

  /**
   * Finds a flavour by its version.
   *
   * @param text a full version or its beginning, such as {@code 0.33}
   * @return the flavour
   * @throws IllegalArgumentException when no flavour has that version
   */
  public static Flavour of(String text) {
    for (Flavour flavour : values()) {
      if (flavour.version.equals(text) || flavour.version.equals(text + ".0")) {
        return flavour;
      }
    }
    throw new IllegalArgumentException(
        "Unknown ComfyUI flavour '" + text + "': choose 0.3.64, 0.25 or 0.33");
  }

  /** Returns the version as {@code /system_stats} tells it. */
  public String version() {
    return version;
  }

  /** Tells whether {@code /api/jobs} exists and prompt ids must be canonical UUIDs. */
  public boolean hasJobs() {
    return this != V0_3_64;
  }

  /** Tells whether jobs can be cancelled and missing classes are {@code missing_node_type}. */
  public boolean hasCancel() {
    return this == V0_33;
  }
}
