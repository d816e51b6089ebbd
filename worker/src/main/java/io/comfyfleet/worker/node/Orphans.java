package io.comfyfleet.worker.node;

import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.execution.FleetPrompt;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prompts that this node submitted and nobody here waits for: a worker before this one was killed,
 * and its job went to another machine. They would keep the GPU busy for nothing. What others
 * submitted is never touched. One thread sweeps.
 */
final class Orphans {
  private static final Logger log = LoggerFactory.getLogger(Orphans.class);

  private final ComfyClient comfy;
  private final Node node;
  private volatile Set<UUID> candidates = Set.of();
  private final Set<UUID> told = new HashSet<>();

  Orphans(ComfyClient comfy, Node node) {
    this.comfy = comfy;
    this.node = node;
  }

  /**
   * Cancels those that were orphans at the last call already. In between, the broker may have
   * handed the job to this worker, which then attaches to the prompt.
   */
  void sweep() {
    try {
      Set<UUID> orphans = comfy.queued(FleetPrompt.NODE, node.identity().id());
      orphans.removeAll(inHand());
      for (UUID promptId : orphans) {
        if (candidates.contains(promptId)) {
          comfy.cancel(promptId);
          if (told.add(promptId)) {
            log.atInfo().addKeyValue(LogKeys.PROMPT_ID, promptId).log("orphaned prompt cancelled");
          }
        }
      }
      candidates = orphans;
      told.retainAll(orphans);
    } catch (ComfyException e) {
      // Asked again later.
      log.atDebug().setCause(e).log("queue not read");
    }
  }

  /** Whether there were some at the last sweep. Any thread may ask. */
  boolean areThere() {
    return !candidates.isEmpty();
  }

  private Set<UUID> inHand() {
    return node.inHand().stream().map(RunningAttempt::promptId).collect(Collectors.toSet());
  }
}
