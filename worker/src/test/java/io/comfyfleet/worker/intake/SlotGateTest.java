package io.comfyfleet.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.worker.comfy.SystemStats;
import io.comfyfleet.worker.node.Node;
import io.comfyfleet.worker.node.NodeIdentity;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
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
    NodeIdentity identity =
        new NodeIdentity(
            "node-1",
            URI.create("http://127.0.0.1:8188"),
            "test",
            Map.of("image", slots),
            "least-connections",
            Duration.ofSeconds(5),
            Instant.now());
    Node node = new Node(identity, slots, Clock.systemUTC());
    node.brokerFound();
    node.asked();
    node.comfyFound(new SystemStats("0.33.0", 0, 0), 0);
    assertThat(node.takesJobs()).isTrue();
    return node;
  }
}
