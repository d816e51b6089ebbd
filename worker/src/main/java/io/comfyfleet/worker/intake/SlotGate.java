package io.comfyfleet.worker.intake;

import io.comfyfleet.worker.node.Node;
import java.util.function.BooleanSupplier;

/**
 * Lets as many jobs run at once as the node has slots. Only look-ahead ever waits here.
 * Thread-safe.
 */
final class SlotGate {
  private final Node node;
  private int used;

  SlotGate(Node node) {
    this.node = node;
    node.onChange(this::wake);
  }

  /**
   * Waits for a slot; false when the node takes no jobs any more meanwhile.
   *
   * @param wanted whether the caller may wait at all: not when its slot was taken away
   */
  synchronized boolean acquire(BooleanSupplier wanted) throws InterruptedException {
    while (used >= node.slots()) {
      if (!node.takesJobs() || !wanted.getAsBoolean()) {
        return false;
      }
      wait();
    }
    used++;
    return true;
  }

  synchronized void release() {
    used--;
    notifyAll();
  }

  private synchronized void wake() {
    notifyAll();
  }
}
