package io.comfyfleet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.comfyfleet.job.Job;
import io.comfyfleet.job.ResultStatus;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.worker.node.Node;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a running worker does at an operator's word, over a real broker. */
class NodeControlIT extends OneMachine {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Node node;

  @BeforeEach
  void startWorkerOfImages() {
    node = startWorker(Map.of("fleet.intake.lanes", "image")).getBean(Node.class);
  }

  @Test
  void toldLanesAreServedAndTheOthersNoMore() {
    Job image = Jobs.image().build();
    Job video = Jobs.video().build();
    Map<String, Integer> wish = new LinkedHashMap<>(Map.of("video", 1, "no-queue", 1));
    fleet.tell("node-1", new ControlMessage.Lanes(wish));
    await().atMost(PATIENCE).until(() -> node.lanes().equals(Map.of("video", 1)));
    // A loop that still stands at the old lane may take what comes within its turn.
    await().atMost(PATIENCE).until(() -> consumers("image") == 0 && consumers("video") == 1);

    fleet.publish(image);
    fleet.publish(video);

    assertThat(fleet.result().jobId()).isEqualTo(video.jobId());
    assertThat(fleet.waiting(Topology.laneQueue("image"))).isEqualTo(1);
    assertThat(node.heartbeat().lanes()).containsExactly(Map.entry("video", 1));
    fleet.tell("node-1", new ControlMessage.Lanes(Map.of("image", 1, "video", 1)));
    assertThat(fleet.result().status()).isEqualTo(ResultStatus.SUCCEEDED);
  }

  @Test
  void pausedNodeTellsWhyAndTakesNothingUntilResumed() {
    fleet.tell("node-1", new ControlMessage.Pause());
    await().atMost(PATIENCE).until(() -> node.state() == NodeState.PAUSED);
    assertThat(node.heartbeat().reason()).isEqualTo("paused by an operator");
    assertThat(node.heartbeat().vramTotal()).isPositive();
    assertThat(node.heartbeat().vramUsed()).isPositive();
    await().atMost(PATIENCE).until(() -> node.heartbeat().modelsHash() != null);
    await().atMost(PATIENCE).until(() -> consumers("image") == 0);
    Job job = Jobs.image().build();

    fleet.publish(job);
    await().atMost(PATIENCE).until(() -> fleet.waiting(Topology.laneQueue("image")) == 1);
    fleet.tell("node-1", new ControlMessage.Resume());

    assertThat(fleet.result().jobId()).isEqualTo(job.jobId());
  }

  @Test
  void slotThatIsTakenAwayAsksForNoMoreJobs() {
    fleet.tell("node-1", new ControlMessage.Lanes(Map.of("image", 2, "video", 2)));
    fleet.tell("node-1", new ControlMessage.Slots(2));
    await().atMost(PATIENCE).until(() -> consumers("image") + consumers("video") == 2);

    fleet.tell("node-1", new ControlMessage.Slots(1));

    await()
        .atMost(PATIENCE)
        .during(Duration.ofSeconds(2))
        .until(() -> consumers("image") + consumers("video") == 1);
  }

  private int consumers(String lane) {
    return fleet
        .template()
        .execute(channel -> channel.queueDeclarePassive(Topology.laneQueue(lane)))
        .getConsumerCount();
  }
}
