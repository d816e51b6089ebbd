package io.comfyfleet.cli;

import io.comfyfleet.launch.FleetFailure;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a demo shall do, checked.
 *
 * @param nodes numbers of machines to measure with, ascending; when empty, six or one per real
 *     server
 * @param jobs jobs in each run, at least 1
 * @param seconds seconds a simulated machine needs for one job
 * @param type {@code image} or {@code video}
 * @param comfyUi real servers; empty to simulate
 * @param workflow graph to send; null to send prompts
 * @param keep whether everything stays up at the end
 */
record DemoOptions(
    List<Integer> nodes,
    int jobs,
    double seconds,
    String type,
    List<URI> comfyUi,
    @Nullable Path workflow,
    boolean keep) {

  private static final int DEFAULT_NODES = 6;
  private static final int MOST_NODES = 64;

  DemoOptions {
    comfyUi = List.copyOf(comfyUi);
    int available = comfyUi.isEmpty() ? MOST_NODES : comfyUi.size();
    nodes =
        nodes.isEmpty()
            ? List.of(comfyUi.isEmpty() ? DEFAULT_NODES : available)
            : List.copyOf(new TreeSet<>(nodes));
    if (nodes.getFirst() < 1 || nodes.getLast() > available) {
      throw new FleetFailure("--nodes must be between 1 and " + available + ", but is " + nodes);
    }
    if (jobs < 1 || jobs > 1000) {
      throw new FleetFailure("--jobs must be between 1 and 1000, but is " + jobs);
    }
    if (!(seconds >= 0 && seconds <= 3600)) {
      throw new FleetFailure("--seconds must be between 0 and 3600, but is " + seconds);
    }
    if (!type.equals("image") && !type.equals("video")) {
      throw new FleetFailure("--type must be image or video, but is " + type);
    }
    for (URI server : comfyUi) {
      if (server.getHost() == null || !List.of("http", "https").contains(server.getScheme())) {
        throw new FleetFailure("--comfyui must be like http://host:8188, but is " + server);
      }
    }
  }

  int mostNodes() {
    return nodes.getLast();
  }

  boolean isSeries() {
    return nodes.size() > 1;
  }
}
