package io.comfyfleet.worker.intake;

import io.comfyfleet.job.Job;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which jobs this node takes, and how many at once.
 *
 * @param lanes lanes served, each as {@code name} or {@code name:slots}, where the number limits
 *     how many of the node's slots the lane may use
 * @param slots jobs to run at once over all lanes, 1 to 64; more than the GPU can hold at once only
 *     makes them wait in ComfyUI
 * @param lookAhead jobs to hold beyond the slots, ready to begin, 0 to 64. Each one is withheld
 *     from other nodes that might begin it sooner
 * @param laneTurn how often a free slot that waits at one lane looks whether jobs wait in another
 * @param strategy which of several nodes with a free slot gets the next job: least-connections,
 *     weighted (by slots) or fastest; the same on all nodes
 * @param consumerTimeout how long the broker lets this node hold a job unsettled (RabbitMQ 4.3 with
 *     the quorum profile; older brokers have a setting of their own). Must exceed the longest job
 */
@ConfigurationProperties("fleet.intake")
public record IntakeProperties(
    @DefaultValue({"image", "video"}) List<String> lanes,
    @DefaultValue("1") int slots,
    @DefaultValue("0") int lookAhead,
    @DefaultValue("200ms") Duration laneTurn,
    @DefaultValue("least-connections") Strategy strategy,
    @DefaultValue("25h") Duration consumerTimeout) {

  /** Most slots of a node. */
  public static final int MOST_SLOTS = 64;

  /**
   * Checks every value.
   *
   * @throws IllegalArgumentException naming the setting, its value and the limit
   */
  public IntakeProperties {
    lanes = List.copyOf(lanes);
    within("slots", slots, 1);
    within("look-ahead", lookAhead, 0);
    if (lanes.isEmpty()) {
      throw new IllegalArgumentException("fleet.intake.lanes must name at least one lane");
    }
    if (laneTurn.toMillis() < 1) {
      throw new IllegalArgumentException(
          "fleet.intake.lane-turn must be at least 1ms, was " + laneTurn);
    }
    if (consumerTimeout.compareTo(Duration.ofMinutes(1)) < 0) {
      throw new IllegalArgumentException(
          "fleet.intake.consumer-timeout must exceed the longest job and be at least 1m, was "
              + consumerTimeout);
    }
    parse(lanes);
  }

  /**
   * The lanes in their order, and for each how many slots it may use at most; one without a number
   * of its own may use whatever slots there will be.
   */
  public Map<String, Integer> laneLimits() {
    return parse(lanes);
  }

  private static Map<String, Integer> parse(List<String> entries) {
    Map<String, Integer> lanes = new LinkedHashMap<>();
    for (String entry : entries) {
      String[] parts = entry.strip().split(":", 2);
      int limit = parts.length == 1 ? MOST_SLOTS : number(entry, parts[1]);
      if (lanes.put(Job.lane(parts[0].strip()), limit) != null) {
        throw new IllegalArgumentException("fleet.intake.lanes names " + parts[0] + " twice");
      }
    }
    return Collections.unmodifiableMap(lanes);
  }

  private static int number(String entry, String text) {
    try {
      return within("lanes", Integer.parseInt(text.strip()), 1);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "fleet.intake.lanes must be names, or names with a number of slots such as image:1, was "
              + entry,
          e);
    }
  }

  private static int within(String setting, int value, int least) {
    if (value < least || value > MOST_SLOTS) {
      throw new IllegalArgumentException(
          "fleet.intake."
              + setting
              + " must be between "
              + least
              + " and "
              + MOST_SLOTS
              + ", was "
              + value);
    }
    return value;
  }
}
