package io.comfyfleet.simulator.fault;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The armed faults of one node. They outlive a restart. Safe for all threads. */
public final class Faults {
  private final Map<Fault, FaultPlan> armed = new EnumMap<>(Fault.class);

  /** Arms a fault, replacing an earlier plan for the same one. */
  public synchronized void arm(FaultPlan plan) {
    armed.put(plan.fault(), plan);
  }

  /** Arms a fault for one time. */
  public void once(Fault fault) {
    arm(FaultPlan.once(fault));
  }

  /** Arms a fault for a number of times. */
  public void times(Fault fault, int count) {
    arm(FaultPlan.once(fault).times(count));
  }

  /** Arms a fault until it is cleared. */
  public void latch(Fault fault) {
    arm(FaultPlan.once(fault).latched());
  }

  /** Disarms a fault. */
  public synchronized void clear(Fault fault) {
    armed.remove(fault);
  }

  /** Disarms all faults. */
  public synchronized void clear() {
    armed.clear();
  }

  /** Returns what is armed. */
  public synchronized List<FaultPlan> armed() {
    return List.copyOf(armed.values());
  }

  /** Uses a fault up by one time, if it is armed. */
  public synchronized Optional<FaultPlan> take(Fault fault) {
    FaultPlan plan = armed.get(fault);
    if (plan == null) {
      return Optional.empty();
    }
    if (plan.times() == 1) {
      armed.remove(fault);
    } else if (plan.times() != FaultPlan.LATCHED) {
      armed.put(fault, plan.times(plan.times() - 1));
    }
    return Optional.of(plan);
  }

  /** Looks at a fault without using it up. */
  public synchronized Optional<FaultPlan> peek(Fault fault) {
    return Optional.ofNullable(armed.get(fault));
  }
}
