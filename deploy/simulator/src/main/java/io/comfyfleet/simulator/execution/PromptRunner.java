package io.comfyfleet.simulator.execution;

import io.comfyfleet.simulator.event.EventSockets;
import io.comfyfleet.simulator.fault.Fault;
import io.comfyfleet.simulator.fault.Faults;
import io.comfyfleet.simulator.graph.NodeCatalog;
import io.comfyfleet.simulator.media.Folders;
import io.comfyfleet.simulator.queue.History;
import io.comfyfleet.simulator.queue.PromptQueue;
import io.comfyfleet.simulator.queue.QueuedPrompt;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes prompts from the queue, one at a time, and records their ends.
 *
 * <p>Invariants: (1) at most one {@link PromptRun} is alive; (2) after {@link #kill()} nothing is
 * sent or recorded any more, whatever timers still fire; (3) event loop only.
 */
public final class PromptRunner {

  /**
   * What a runner works with.
   *
   * @param vertx timers and worker threads
   * @param options times
   * @param queue where prompts come from
   * @param history where their ends go
   * @param sockets who hears of them
   * @param catalog the node classes
   * @param folders files
   * @param faults what goes wrong
   * @param log what was run
   * @param crash ends this server life and starts the next one
   * @param dropSockets ends all websockets without a close frame
   */
  public record Parts(
      Vertx vertx,
      SimulatorOptions options,
      PromptQueue queue,
      History history,
      EventSockets sockets,
      NodeCatalog catalog,
      Folders folders,
      Faults faults,
      ExecutionLog log,
      Runnable crash,
      Runnable dropSockets) {}

  private final Parts parts;
  private final JobTime times;
  private final NodeCache cache = new NodeCache();
  private final NodeWork work;
  private @Nullable PromptRun run;
  private @Nullable String loadedModel;
  private @Nullable String lastClient;
  private boolean dead;
  private boolean hung;
  private boolean cudaBroken;

  /**
   * Creates an idle runner.
   *
   * @param times draws the time of each prompt; shared by all lives of a node
   */
  public PromptRunner(Parts parts, JobTime times) {
    this.parts = parts;
    this.times = times;
    String letters = Long.toString(System.nanoTime(), 26).replaceAll("[0-9]", "x");
    this.work =
        new NodeWork(parts.folders(), "ComfyUI_temp_" + letters.substring(letters.length() - 5));
  }

  /** Starts the next prompt when nothing runs. */
  public void wake() {
    if (run != null || dead || hung) {
      return;
    }
    Optional<QueuedPrompt> next = parts.queue().take();
    if (next.isEmpty()) {
      return;
    }
    parts.sockets().broadcastStatus(parts.queue().remaining());
    QueuedPrompt prompt = next.get();
    // 0.3.64 takes a null extra_data and its only worker thread dies of it.
    if (prompt.extraData().isNull() || parts.faults().take(Fault.HANG).isPresent()) {
      hung = true;
      return;
    }
    lastClient = prompt.clientId();
    run = new PromptRun(this, prompt);
    run.begin();
  }

  /** Asks the running prompt to stop at its next step; does nothing when idle. */
  public void interrupt() {
    if (run != null) {
      run.interrupt();
    }
  }

  /** Asks the running prompt to stop, if it has this id; tells whether it has. */
  public boolean interrupt(String promptId) {
    if (run == null || !run.prompt().id().equals(promptId)) {
      return false;
    }
    run.interrupt();
    return true;
  }

  /** Ends this life: whatever runs is cut without trace. */
  public void kill() {
    dead = true;
  }

  /** From now on every prompt takes this time; the running one keeps its own. */
  public void pace(Duration time) {
    times.pace(time);
  }

  /** Forgets cached results, as {@code /free} with {@code free_memory} does. */
  public void free() {
    cache.clear();
    loadedModel = null;
  }

  /** Returns the node that runs for a client, for its socket to be told on connecting. */
  public Optional<String> runningNode(String clientId) {
    return run != null && clientId.equals(lastClient) ? run.currentNode() : Optional.empty();
  }

  /** Records the end of a run after the gap in which the real history is still empty. */
  void finish(PromptRun ended, ObjectNode outputs, ObjectNode meta, String outcome) {
    if (dead) {
      return;
    }
    long gap = Math.max(1, parts.options().historyGap().toMillis());
    parts.vertx().setTimer(gap, timer -> record(ended, outputs, meta, outcome));
  }

  private void record(PromptRun ended, ObjectNode outputs, ObjectNode meta, String outcome) {
    if (dead) {
      return;
    }
    ObjectNode entry = JsonMapper.shared().createObjectNode();
    entry.set("prompt", ended.prompt().toJson(false));
    entry.set("outputs", outputs);
    boolean success = outcome.equals("success");
    ObjectNode status = entry.putObject("status");
    status.put("status_str", success ? "success" : "error").put("completed", success);
    status.set("messages", ended.events().messages());
    entry.set("meta", meta);
    if (parts.faults().take(Fault.HISTORY_EVICTED).isEmpty()) {
      parts.history().put(ended.prompt().id(), entry);
    }
    parts.log().ended(ended.logIndex(), outcome, ended.rendered());
    parts.queue().done();
    run = null;
    parts.sockets().broadcastStatus(parts.queue().remaining());
    ended.events().executing(null);
    wake();
  }

  Parts parts() {
    return parts;
  }

  NodeCache cache() {
    return cache;
  }

  NodeWork work() {
    return work;
  }

  JobTime times() {
    return times;
  }

  boolean dead() {
    return dead;
  }

  /** Tells whether a checkpoint other than the loaded one was asked for, and loads it. */
  boolean switchesModel(String name) {
    boolean other = !name.equals(loadedModel);
    loadedModel = name;
    return other;
  }

  /** Tells whether the GPU is broken, now or since an earlier prompt. */
  boolean cudaBroken() {
    cudaBroken = cudaBroken || parts.faults().take(Fault.CUDA_FAULT).isPresent();
    return cudaBroken;
  }
}
