package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.comfyfleet.simulator.setup.Spread;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Draws the time of each prompt. Event loop only. */
public final class JobTime {
  private final SimulatorOptions options;
  private final Random random;
  private @Nullable Duration pace;

  /** Creates a source that starts at the options' seed. */
  public JobTime(SimulatorOptions options) {
    this.options = options;
    this.random = new Random(options.seed());
  }

  /** From now on every prompt, image or video, takes this time instead of the options'. */
  void pace(Duration time) {
    pace = time;
  }

  /** Returns the time of the next prompt. */
  Duration next(boolean video) {
    Duration base = pace != null ? pace : video ? options.perVideo() : options.perImage();
    if (options.spread() == Spread.FIXED) {
      return base;
    }
    return Duration.ofMillis(Math.round(base.toMillis() * (0.5 + random.nextDouble())));
  }
}
