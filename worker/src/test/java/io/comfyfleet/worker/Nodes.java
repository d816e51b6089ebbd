package io.comfyfleet.worker;

import io.comfyfleet.worker.node.Node;
import io.comfyfleet.worker.node.NodeIdentity;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** Makes nodes for tests that need no worker around them. */
public final class Nodes {
  private Nodes() {}

  /** A node named {@code node-1} that serves {@code image} and has met nobody yet. */
  public static Node withSlots(int slots) {
    NodeIdentity identity =
        new NodeIdentity(
            "node-1",
            URI.create("http://127.0.0.1:8188"),
            "test",
            Map.of("image", slots),
            "least-connections",
            Duration.ofSeconds(5),
            Instant.now());
    return new Node(identity, slots, Clock.systemUTC());
  }
}
