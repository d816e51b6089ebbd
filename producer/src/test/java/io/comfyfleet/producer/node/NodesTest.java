package io.comfyfleet.producer.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.NodeState;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodesTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private Instant now = START;
  private final Nodes nodes =
      new Nodes(new NodeSettings(3, Duration.ofHours(24), Duration.ofSeconds(15), 1000), () -> now);

  @Test
  void nodeIsShownAsItLastTold() {
    nodes.hear(beat("b", NodeState.ONLINE, "image"));
    nodes.hear(beat("a", NodeState.ONLINE, "image"));
    nodes.hear(beat("a", NodeState.BUSY, "image"));

    assertThat(nodes.all()).extracting(NodeView::id).containsExactly("a", "b");
    assertThat(nodes.find("a").orElseThrow().status()).isEqualTo(NodeState.BUSY);
    assertThat(nodes.find("a").orElseThrow().processingSpeed()).isEqualTo(4.0);
  }

  @Test
  void nodeIsOfflineOnlyAfterThreeMissedBeats() {
    nodes.hear(beat("a", NodeState.ONLINE, "image"));

    now = START.plusSeconds(15);
    assertThat(nodes.find("a").orElseThrow().status()).isEqualTo(NodeState.ONLINE);

    now = START.plusMillis(15_001);
    assertThat(nodes.find("a").orElseThrow().status()).isEqualTo(NodeState.OFFLINE);
    assertThat(nodes.find("a").orElseThrow().reason())
        .isEqualTo("no heartbeat for 15 s, due every 5 s");

    nodes.hear(beat("a", NodeState.ONLINE, "image"));
    assertThat(nodes.find("a").orElseThrow().status()).isEqualTo(NodeState.ONLINE);
    assertThat(nodes.find("a").orElseThrow().reason()).isNull();
  }

  @Test
  void sendersWrongClockDoesNoHarm() {
    now = Instant.parse("2030-06-01T00:00:00Z");
    nodes.hear(beat("a", NodeState.ONLINE, "image"));

    assertThat(nodes.find("a").orElseThrow().status()).isEqualTo(NodeState.ONLINE);
    assertThat(nodes.find("a").orElseThrow().lastHeartbeat()).isEqualTo(now);
  }

  @Test
  void silentNodeIsForgottenAfterADay() {
    nodes.hear(beat("a", NodeState.ONLINE, "image"));

    now = START.plus(Duration.ofHours(24));
    assertThat(nodes.all()).hasSize(1);

    now = now.plusMillis(1);
    assertThat(nodes.all()).isEmpty();
    assertThat(nodes.find("a")).isEmpty();
  }

  @Test
  void laneIsServedByNodesThatTakeJobs() {
    nodes.hear(beat("a", NodeState.BUSY, "image"));
    nodes.hear(beat("b", NodeState.PAUSED, "video"));
    nodes.hear(beat("c", NodeState.UNHEALTHY, "image.flux"));

    assertThat(nodes.serves("image")).isTrue();
    assertThat(nodes.serves("video")).isFalse();
    assertThat(nodes.serves("image.flux")).isFalse();
    assertThat(nodes.serves("nowhere")).isFalse();

    now = START.plusSeconds(60);
    assertThat(nodes.serves("image")).isFalse();
  }

  @Test
  void goodbyeIsShownAtOnceWithTheNodesOwnWord() {
    nodes.hear(beat("a", NodeState.OFFLINE, "image"));

    now = START.plusSeconds(60);
    assertThat(nodes.find("a").orElseThrow().status()).isEqualTo(NodeState.OFFLINE);
    assertThat(nodes.find("a").orElseThrow().reason()).isEqualTo("own word");
  }

  static Heartbeat beat(String id, NodeState state, String lane) {
    return new Heartbeat(
        id,
        state,
        state == NodeState.OFFLINE ? "own word" : null,
        URI.create("http://127.0.0.1:8188"),
        "0.33.0",
        "0.1.0",
        Map.of(lane, 1),
        1,
        null,
        List.of(),
        2,
        93,
        71,
        null,
        null,
        null,
        Map.of("image", 2.0, "video", 6.0),
        5,
        1,
        Duration.ofSeconds(5),
        START,
        START);
  }
}
