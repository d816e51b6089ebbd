package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.simulator.SimulatedComfyUi;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which of two idle nodes gets the next job, by strategy. */
class StrategyIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private static final String IMAGE = "fleet.jobs.image";

  private TestFleet fleet;
  private TestStore store;
  private SimulatedComfyUi first;
  private SimulatedComfyUi second;

  @BeforeEach
  void start() {
    fleet = new TestFleet(BROKER);
    store = new TestStore();
    first = SimulatedComfyUi.start(SimulatorOptions.defaults().withSeconds(1));
    second = SimulatedComfyUi.start(SimulatorOptions.defaults());
  }

  @AfterEach
  void stop() {
    fleet.close();
    first.close();
    second.close();
    store.close();
  }

  @Test
  void leastConnectionsGivesAJobToTheNodeWithFewerInHand() {
    startWorkers("least-connections", 3, 3);

    fleet.publish(Jobs.image().seconds(6).build());
    // Time for the free slots of the busy node to ask again with their new priority.
    await().during(Duration.ofSeconds(1)).until(() -> running() == 1);
    fleet.publish(Jobs.image().seconds(6).build());
    await().until(() -> running() == 2);

    assertThat(first.executed()).hasSize(1);
    assertThat(second.executed()).hasSize(1);
  }

  @Test
  void weightedGivesEachNodeAsManyInTurnAsItHasSlots() {
    startWorkers("weighted", 3, 1);

    List<String> nodes = renderOneAfterAnother(8, 4);

    assertThat(nodes.stream().filter("node-1"::equals)).hasSize(6);
  }

  @Test
  void fastestGivesEveryJobToTheFasterNodeOnceBothAreMeasured() {
    startWorkers("fastest", 1, 1);

    List<String> nodes = renderOneAfterAnother(6, 2);

    assertThat(nodes.subList(0, 2)).containsExactlyInAnyOrder("node-1", "node-2");
    assertThat(nodes.subList(2, 6)).containsOnly("node-2");
  }

  private List<String> renderOneAfterAnother(int jobs, int consumers) {
    List<String> nodes = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      awaitConsumers(consumers);
      fleet.publish(Jobs.image().build());
      nodes.add(fleet.result().nodeId());
    }
    return nodes;
  }

  private void awaitConsumers(int count) {
    await().until(() -> fleet.consumers(IMAGE) == count);
  }

  private int running() {
    return first.executed().size() + second.executed().size();
  }

  private void startWorkers(String strategy, int slots, int otherSlots) {
    startWorker(first, "node-1", strategy, slots);
    startWorker(second, "node-2", strategy, otherSlots);
    awaitConsumers(slots + otherSlots);
  }

  private void startWorker(SimulatedComfyUi comfy, String id, String strategy, int slots) {
    fleet.startWorker(
        comfy.url(),
        store.url(),
        Map.of(
            "fleet.node.id",
            id,
            "fleet.intake.lanes",
            "image",
            "fleet.intake.strategy",
            strategy,
            "fleet.intake.slots",
            String.valueOf(slots)));
  }
}
