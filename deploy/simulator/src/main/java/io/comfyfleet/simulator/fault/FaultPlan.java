package io.comfyfleet.simulator.fault;

import java.time.Duration;
import java.util.Objects;

/**
 * An armed fault.
 *
 * @param fault what goes wrong
 * @param times how often it still will; {@link #LATCHED} until cleared
 * @param time the time that belongs to it, when it has one
 * @param value the word or number that belongs to it; empty when there is none
 */
public record FaultPlan(Fault fault, int times, Duration time, String value) {

  /** The number of times that means "until cleared". */
  public static final int LATCHED = Integer.MAX_VALUE;

  /** Checks the number of times. */
  public FaultPlan {
    Objects.requireNonNull(fault, "fault");
    if (times < 1) {
      throw new IllegalArgumentException(fault + " must be armed for 1 time or more: " + times);
    }
  }

  /** Returns a plan for one time, without time or value. */
  public static FaultPlan once(Fault fault) {
    return new FaultPlan(fault, 1, Duration.ZERO, "");
  }

  /** Sets how often. */
  public FaultPlan times(int count) {
    return new FaultPlan(fault, count, time, value);
  }

  /** Keeps the fault until it is cleared. */
  public FaultPlan latched() {
    return times(LATCHED);
  }

  /** Sets the time. */
  public FaultPlan lasting(Duration duration) {
    return new FaultPlan(fault, times, duration, value);
  }

  /** Sets the value. */
  public FaultPlan with(String word) {
    return new FaultPlan(fault, times, time, word);
  }

  /**
   * Returns the value as a number.
   *
   * @param absent what to return when there is no value
   */
  public int number(int absent) {
    return value.isEmpty() ? absent : Integer.parseInt(value);
  }
}
