package io.comfyfleet.simulator.setup;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one simulated ComfyUI is like. Immutable.
 *
 * @param name how the node calls itself in what it prints
 * @param port the TCP port on 127.0.0.1; 0 takes a free one
 * @param perImage the time of a prompt that renders something
 * @param perVideo the time of a prompt that writes a video
 * @param spread how these times vary
 * @param seed where a seeded spread starts
 * @param flavour the version that is copied
 * @param modelSwitch the time a checkpoint other than the last one takes to load
 * @param models the checkpoints in the list of {@code CheckpointLoaderSimple}
 * @param output the base folder of output, input and temp; null for a temporary one that is deleted
 *     with the simulator
 * @param historyGap the time between {@code execution_success} and the history entry
 */
public record SimulatorOptions(
    String name,
    int port,
    Duration perImage,
    Duration perVideo,
    Spread spread,
    long seed,
    Flavour flavour,
    Duration modelSwitch,
    List<String> models,
    @Nullable Path output,
    Duration historyGap) {

  /** Checks the ranges and copies the list. */
  public SimulatorOptions {
    Objects.requireNonNull(name, "name");
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("Port " + port + " is outside 0..65535");
    }
    notNegative("perImage", perImage);
    notNegative("perVideo", perVideo);
    notNegative("modelSwitch", modelSwitch);
    notNegative("historyGap", historyGap);
    models = List.copyOf(models);
  }

  /** Returns an instant 0.33 node on a free port with one checkpoint, {@code sd.safetensors}. */
  public static SimulatorOptions defaults() {
    return new SimulatorOptions(
        "node-1",
        0,
        Duration.ZERO,
        Duration.ZERO,
        Spread.FIXED,
        1,
        Flavour.V0_33,
        Duration.ZERO,
        List.of("sd.safetensors"),
        null,
        Duration.ofMillis(5));
  }

  /**
   * Sets the time of every prompt, image or video.
   *
   * @param seconds seconds, 0 or more
   */
  public SimulatorOptions withSeconds(double seconds) {
    Duration time = ofSeconds(seconds);
    return new SimulatorOptions(
        name, port, time, time, spread, seed, flavour, modelSwitch, models, output, historyGap);
  }

  /**
   * Sets the time of prompts that write a video.
   *
   * @param seconds seconds, 0 or more
   */
  public SimulatorOptions withVideoSeconds(double seconds) {
    Duration time = ofSeconds(seconds);
    return new SimulatorOptions(
        name, port, perImage, time, spread, seed, flavour, modelSwitch, models, output, historyGap);
  }

  /** Sets the name. */
  public SimulatorOptions withName(String other) {
    return new SimulatorOptions(
        other,
        port,
        perImage,
        perVideo,
        spread,
        seed,
        flavour,
        modelSwitch,
        models,
        output,
        historyGap);
  }

  /** Sets the port; 0 takes a free one. */
  public SimulatorOptions withPort(int other) {
    return new SimulatorOptions(
        name,
        other,
        perImage,
        perVideo,
        spread,
        seed,
        flavour,
        modelSwitch,
        models,
        output,
        historyGap);
  }

  /** Sets how times vary, and the seed of that. */
  public SimulatorOptions withSpread(Spread other, long from) {
    return new SimulatorOptions(
        name,
        port,
        perImage,
        perVideo,
        other,
        from,
        flavour,
        modelSwitch,
        models,
        output,
        historyGap);
  }

  /** Sets the version to copy. */
  public SimulatorOptions withFlavour(Flavour other) {
    return new SimulatorOptions(
        name,
        port,
        perImage,
        perVideo,
        spread,
        seed,
        other,
        modelSwitch,
        models,
        output,
        historyGap);
  }

  /**
   * Sets the time a change of checkpoint takes.
   *
   * @param seconds seconds, 0 or more
   */
  public SimulatorOptions withModelSwitchSeconds(double seconds) {
    Duration time = ofSeconds(seconds);
    return new SimulatorOptions(
        name, port, perImage, perVideo, spread, seed, flavour, time, models, output, historyGap);
  }

  /** Sets the checkpoints this node has. */
  public SimulatorOptions withModels(String... names) {
    return new SimulatorOptions(
        name,
        port,
        perImage,
        perVideo,
        spread,
        seed,
        flavour,
        modelSwitch,
        List.of(names),
        output,
        historyGap);
  }

  /** Sets the base folder, which then outlives the simulator. */
  public SimulatorOptions withOutput(Path folder) {
    return new SimulatorOptions(
        name,
        port,
        perImage,
        perVideo,
        spread,
        seed,
        flavour,
        modelSwitch,
        models,
        folder,
        historyGap);
  }

  /** Sets the time between {@code execution_success} and the history entry. */
  public SimulatorOptions withHistoryGap(Duration gap) {
    return new SimulatorOptions(
        name, port, perImage, perVideo, spread, seed, flavour, modelSwitch, models, output, gap);
  }

  private static Duration ofSeconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1000));
  }

  private static void notNegative(String what, Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException(what + " is negative: " + time);
    }
  }
}
