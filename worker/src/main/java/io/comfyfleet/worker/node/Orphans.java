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
 * so are one whose job was cancelled, has ended here or is here under another prompt, one that
 * keeps an unhealthy node from proving itself, and one behind which a job of this worker has waited
 * for long. What others submitted is never touched. One thread sweeps, any may tell.
 */
final class Orphans {
  private static final Logger log = LoggerFactory.getLogger(Orphans.class);

  private final ComfyClient comfy;
  private final Node node;
  private final EventPublisher events;
  private final TakeOver takeOver;
  private final Duration patience;

  /** Those of the last sweep, by prompt id. */
  private volatile Map<UUID, Orphan> known = Map.of();

  /** Jobs that another node has, or has done, or that were cancelled. */
  private final Set<String> elsewhere = ConcurrentHashMap.newKeySet();

  private final Set<UUID> told = new HashSet<>();

  /**
   * @param about what was noted beside the prompt
   * @param since when a sweep first found it
   */
  private record Orphan(Map<String, String> about, Instant since) {
    @Nullable String job() {
      return about.get(FleetPrompt.JOB);
    }

    @Nullable Integer replay() {
      String replay = about.get(FleetPrompt.REPLAY);
      return replay == null ? null : Integer.valueOf(replay);
    }
  }

  /**
   * @param patience how long a job of this worker may wait behind one
   */
  Orphans(
      ComfyClient comfy, Node node, EventPublisher events, TakeOver takeOver, Duration patience) {
    this.takeOver = takeOver;
    this.patience = patience;
    this.comfy = comfy;
    this.node = node;
    this.events = events;
  }

  /** Looks at those that were orphans at the last call already, and asks who has their jobs. */
  void sweep() {
    try {
      Map<UUID, Map<String, String>> queued = comfy.queued(FleetPrompt.NODE, node.identity().id());
      node.inHand().stream().map(RunningAttempt::promptId).forEach(queued::remove);
      Map<UUID, Orphan> before = known;
      Map<UUID, Orphan> found = new HashMap<>();
      queued.forEach((promptId, about) ->
          found.put(promptId, before.getOrDefault(promptId, new Orphan(about, Instant.now()))));
      known = found;
      found.forEach((promptId, orphan) -> {
        if (before.containsKey(promptId)) {
          judge(promptId, orphan);
        }
      });
      told.retainAll(found.keySet());
      elsewhere.removeIf(job -> !isKnown(job));
    } catch (ComfyException e) {
      // Asked again later.
      log.atDebug().setCause(e).log("queue not read");
    }
  }

  /** Notes that another node has this job in hand or has done it, or that nobody wants it. */
  void taken(UUID jobId) {
    String job = jobId.toString();
    if (isKnown(job)) {
      elsewhere.add(job);
    }
  }

  /** Notes that a run was cancelled, with all of its jobs. */
  void cancelled(String runId) {
    known.values().stream()
        .filter(orphan -> runId.equals(orphan.about().get(FleetPrompt.RUN)))
        .map(Orphan::job)
        .filter(Objects::nonNull)
        .forEach(elsewhere::add);
  }

  /** Whether there were some at the last sweep. Any thread may ask. */
  boolean areThere() {
    return !known.isEmpty();
  }

  private void judge(UUID promptId, Orphan orphan) {
    String job = orphan.job();
    ControlMessage.WhoHas question = job == null ? null : question(job, orphan);
    if (question == null
        || takeOver.isDone(question)
        || isInTheWay(job)
        || isWaitedBehind(orphan)) {
      comfy.cancel(promptId);
      if (told.add(promptId)) {
        log.atInfo().addKeyValue(LogKeys.PROMPT_ID, promptId).log("orphaned prompt cancelled");
      }
    } else {
      events.tell(Topology.CONTROL_ALL, question);
    }
  }

  private ControlMessage.WhoHas question(String job, Orphan orphan) {
    return new ControlMessage.WhoHas(
        UUID.fromString(job),
        orphan.replay(),
        orphan.about().get(FleetPrompt.TRY),
        node.identity().id());
  }

  /** Whether nobody can need the prompt of this job any more, or others need the machine more. */
  private boolean isInTheWay(String job) {
    return elsewhere.contains(job)
        || node.inHand(UUID.fromString(job)) != null
        || node.state() == NodeState.UNHEALTHY;
  }

  private boolean isWaitedBehind(Orphan orphan) {
    return !node.inHand().isEmpty() && orphan.since().isBefore(Instant.now().minus(patience));
  }

  private boolean isKnown(String job) {
    return known.values().stream().anyMatch(orphan -> job.equals(orphan.job()));
  }
}
