package io.comfyfleet.simulator.queue;

import io.comfyfleet.simulator.graph.ServerTrouble;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The heap of pending prompts and the one that runs. Event loop only. */
public final class PromptQueue {
  private final PriorityQueue<QueuedPrompt> pending = new PriorityQueue<>();
  private @Nullable QueuedPrompt running;

  /**
   * Adds a prompt.
   *
   * @throws ServerTrouble when number and id both equal those of a pending one: the real server
   *     then compares two dictionaries
   */
  public void add(QueuedPrompt prompt) {
    for (QueuedPrompt other : pending) {
      if (other.compareTo(prompt) == 0) {
        throw new ServerTrouble("'<' not supported between instances of 'dict' and 'dict'");
      }
    }
    pending.add(prompt);
  }

  /** Takes the first prompt and marks it as running. */
  public Optional<QueuedPrompt> take() {
    running = pending.poll();
    return Optional.ofNullable(running);
  }

  /** Marks the running prompt as done. */
  public void done() {
    running = null;
  }

  /** Returns the running prompt. */
  public Optional<QueuedPrompt> running() {
    return Optional.ofNullable(running);
  }

  /** Returns the pending prompts in heap order, which is not the order they will run in. */
  public List<QueuedPrompt> pending() {
    return new ArrayList<>(pending);
  }

  /** Returns how many are pending or running. */
  public int remaining() {
    return pending.size() + (running == null ? 0 : 1);
  }

  /** Removes pending prompts; tells whether there was one. */
  public boolean removeIf(Predicate<QueuedPrompt> which) {
    return pending.removeIf(which);
  }
}
