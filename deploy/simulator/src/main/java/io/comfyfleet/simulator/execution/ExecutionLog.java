package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.queue.QueuedPrompt;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Everything a node ran, over all its lives. Safe for all threads. */
public final class ExecutionLog {
  private final List<Executed> runs = new ArrayList<>();

  /** Returns all runs, oldest first. */
  public synchronized List<Executed> all() {
    return List.copyOf(runs);
  }

  synchronized int started(QueuedPrompt prompt) {
    runs.add(
        new Executed(
            prompt.id(), prompt.jobId(), prompt.graph(), Instant.now(), null, null, List.of()));
    return runs.size() - 1;
  }

  synchronized void ended(int index, String outcome, List<String> rendered) {
    Executed run = runs.get(index);
    runs.set(
        index,
        new Executed(
            run.promptId(),
            run.jobId(),
            run.graph(),
            run.started(),
            Instant.now(),
            outcome,
            rendered));
  }
}
