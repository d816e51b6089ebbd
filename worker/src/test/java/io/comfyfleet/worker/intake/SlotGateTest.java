package io.comfyfleet.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.worker.Nodes;
import io.comfyfleet.worker.comfy.SystemStats;
import io.comfyfleet.worker.node.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SlotGateTest {
  @Test
  @Timeout(10)
  void deliveryForASlotThatWasTakenAwayDoesNotWaitForTheOtherSlotsJob() throws Exception {
    Node node = readyNode(2);
    SlotGate gate = new SlotGate(node);
    assertThat(gate.acquire(() -> true)).isTrue();

    node.slots(1);

    assertThat(gate.acquire(() -> false)).isFalse();
  }

  private static Node readyNode(int slots) {
    Node node = Nodes.withSlots(slots);
    node.brokerFound();
    node.asked();
    node.comfyFound(new SystemStats("0.33.0", 0, 0), 0);
    assertThat(node.takesJobs()).isTrue();
    return node;
  }
}
