package io.comfyfleet.worker.node;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.NodeState;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.execution.FleetPrompt;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prompts that this node submitted and nobody here waits for: a worker before this one was killed.
 * As long as no other node has the job, the broker may hand it to this one, which then attaches to
 * the prompt. Once another has it, the prompt would keep the GPU busy for nothing and is cancelled;
 * so are one whose job was cancelled or is here under another prompt, one that keeps an unhealthy
 * node from proving itself, and one behind which a job of this worker has waited for long. What
 * others submitted is never touched. One thread sweeps, any may tell.
 */
final class Orphans {
  private static final Logger log = LoggerFactory.getLogger(Orphans.class);

  private final ComfyClient comfy;
  private final Node node;
  private final EventPublisher events;
  private final Duration patience;

  /** Since when each is known. */
  private final Map<UUID, Instant> since = new HashMap<>();

  /** What was noted beside those of the last sweep, by prompt id. */
  private volatile Map<UUID, Map<String, String>> known = Map.of();

  /** Jobs that another node has, or has done, or that were cancelled. */
  private final Set<String> elsewhere = ConcurrentHashMap.newKeySet();

  private final Set<UUID> told = new HashSet<>();

  /**
   * @param patience how long a job of this worker may wait behind one
   */
  Orphans(ComfyClient comfy, Node node, EventPublisher events, Duration patience) {
    this.patience = patience;
    this.comfy = comfy;
    this.node = node;
    this.events = events;
  }

  /** Looks at those that were orphans at the last call already, and asks who has their jobs. */
  void sweep() {
    try {
      Map<UUID, Map<String, String>> found =
          new HashMap<>(comfy.queued(FleetPrompt.NODE, node.identity().id()));
      node.inHand().stream().map(RunningAttempt::promptId).forEach(found::remove);
      Map<UUID, Map<String, String>> before = known;
      known = found;
      found.keySet().forEach(promptId -> since.putIfAbsent(promptId, Instant.now()));
      found.forEach((promptId, about) -> {
        if (before.containsKey(promptId)) {
          judge(promptId, about);
        }
      });
      told.retainAll(found.keySet());
      since.keySet().retainAll(found.keySet());
      elsewhere.removeIf(job -> found.values().stream().noneMatch(about -> is(about, job)));
    } catch (ComfyException e) {
      // Asked again later.
      log.atDebug().setCause(e).log("queue not read");
    }
  }

  /** Notes that another node has this job in hand or has done it, or that nobody wants it. */
  void taken(UUID jobId) {
    String job = jobId.toString();
    if (known.values().stream().anyMatch(about -> is(about, job))) {
      elsewhere.add(job);
    }
  }

  /** Notes that a run was cancelled, with all of its jobs. */
  void cancelled(String runId) {
    known.values().stream()
        .filter(about -> runId.equals(about.get(FleetPrompt.RUN)))
        .map(about -> about.get(FleetPrompt.JOB))
        .filter(Objects::nonNull)
        .forEach(elsewhere::add);
  }

  /** Whether there were some at the last sweep. Any thread may ask. */
  boolean areThere() {
    return !known.isEmpty();
  }

  private void judge(UUID promptId, Map<String, String> about) {
    String job = about.get(FleetPrompt.JOB);
    if (job == null || isInTheWay(job) || isWaitedBehind(promptId)) {
      comfy.cancel(promptId);
      if (told.add(promptId)) {
        log.atInfo().addKeyValue(LogKeys.PROMPT_ID, promptId).log("orphaned prompt cancelled");
      }
    } else {
      events.tell(
          Topology.CONTROL_ALL,
          new ControlMessage.WhoHas(UUID.fromString(job), replay(about), node.identity().id()));
    }
  }

  /** Whether nobody can need the prompt of this job any more, or others need the machine more. */
  private boolean isInTheWay(String job) {
    return elsewhere.contains(job)
        || node.inHand(UUID.fromString(job)) != null
        || node.state() == NodeState.UNHEALTHY;
  }

  private boolean isWaitedBehind(UUID promptId) {
    return !node.inHand().isEmpty()
        && since.getOrDefault(promptId, Instant.MAX).isBefore(Instant.now().minus(patience));
  }

  private static @Nullable Integer replay(Map<String, String> about) {
    String replay = about.get(FleetPrompt.REPLAY);
    return replay == null ? null : Integer.valueOf(replay);
  }

  private static boolean is(Map<String, String> about, String job) {
    return job.equals(about.get(FleetPrompt.JOB));
  }
}
