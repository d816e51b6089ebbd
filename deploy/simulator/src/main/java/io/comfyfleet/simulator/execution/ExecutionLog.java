package io.comfyfleet.simulator.execution;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Everything a node ran, over all its lives. Safe for all threads. */
public final class ExecutionLog {
  private final List<Executed> runs = new ArrayList<>();

  /** Returns all runs, oldest first. */
  public synchronized List<Executed> all() {
    return List.copyOf(runs);
  }

  synchronized int started(String promptId, ObjectNode graph) {
    runs.add(new Executed(promptId, graph, Instant.now(), null, null, List.of()));
    return runs.size() - 1;
  }

  synchronized void ended(int index, String outcome, List<String> rendered) {
    Executed run = runs.get(index);
    runs.set(
        index,
        new Executed(run.promptId(), run.graph(), run.started(), Instant.now(), outcome, rendered));
  }
}
