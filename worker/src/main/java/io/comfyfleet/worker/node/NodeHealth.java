package io.comfyfleet.worker.node;

import io.comfyfleet.job.Destiny;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import io.comfyfleet.worker.comfy.Canary;
import io.comfyfleet.worker.comfy.ComfyClient;
import io.comfyfleet.worker.comfy.ComfyException;
import io.comfyfleet.worker.comfy.SystemStats;
import io.comfyfleet.worker.execution.FleetPrompt;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Judges ComfyUI by its work, and tells the node. Thread-safe; probing is for one thread.
 *
 * <ol>
 *   <li>A ComfyUI that answers is trusted until an attempt gives reason not to: it broke during it,
 *       did not obey, or attempts failed one after another.
 *   <li>One that is suspect takes no jobs until it has run a trivial prompt. After a CUDA fault, or
 *       with a dead worker thread, ComfyUI answers all questions and does not do that.
 *   <li>One that stays broken is restarted by the operator's command, if there is one.
 * </ol>
 */
public final class NodeHealth {
  private final ComfyClient comfy;
  private final Node node;
  private final Canary canary;
  private final Orphans orphans;
  private final int mostFailures;
  private final ComfyRestart restart;
  private @Nullable String suspicion;
  private int failures;
  private @Nullable Instant brokenSince;

  NodeHealth(
      ComfyClient comfy,
      Node node,
      Canary canary,
      Orphans orphans,
      int mostFailures,
      ComfyRestart restart) {
    this.comfy = comfy;
    this.node = node;
    this.canary = canary;
    this.orphans = orphans;
    this.mostFailures = mostFailures;
    this.restart = restart;
  }

  /** An attempt succeeded. */
  public synchronized void succeeded() {
    failures = 0;
  }

  /**
   * An attempt ended otherwise.
   *
   * @param error how
   * @param disobeyed whether ComfyUI did not end the prompt although it was told to
   */
  public synchronized void ended(JobError error, boolean disobeyed) {
    if (error.destiny() == Destiny.CLOSE_NODE || disobeyed) {
      suspect(error.message());
    } else if (isTelling(error.code()) && ++failures >= mostFailures) {
      suspect(failures + " attempts failed in a row, the last one with: " + error.message());
    }
  }

  /** An attempt was put back or dropped, but ComfyUI did not end its prompt when told to. */
  public synchronized void disobeyed() {
    suspect("a prompt that nobody wants here any more obeys no interrupt");
  }

  private void suspect(String reason) {
    suspicion = reason;
    // With the lock held, or a probe that is on its way would open the node again.
    node.comfyLost(reason);
  }

  /** Errors that a machine may be to blame for, as well as a job. */
  private static boolean isTelling(ErrorCode code) {
    return switch (code) {
      case EXECUTION_FAILED, OUT_OF_MEMORY, STALLED, DEADLINE_EXCEEDED, OUTPUT_NOT_RETRIEVABLE ->
          true;
      default -> false;
    };
  }

  /** Asks ComfyUI now. */
  void probe() throws InterruptedException {
    try {
      SystemStats stats = comfy.systemStats();
      String suspected = suspicion();
      if (suspected != null && !works(canary.sing(about()))) {
        return;
      }
      trust(suspected, stats, comfy.queueLength());
    } catch (ComfyException e) {
      broken(String.valueOf(e.getMessage()));
    }
  }

  private boolean works(Canary.Song song) throws InterruptedException {
    switch (song.verdict()) {
      case WORKS -> {
        return true;
      }
      case FAILS -> broken(song.words());
      case WAITS -> {
        // Prompts of others or at work here are no fault; what nobody waits for is, and nothing.
        if (orphans.areThere() || hasNothingElse()) {
          broken(song.words());
        } else {
          node.comfyLost(song.words());
        }
      }
    }
    return false;
  }

  /** Whether ComfyUI's queue holds nothing but trivial prompts of this node. */
  private boolean hasNothingElse() {
    return comfy.queueLength() == comfy.queued(FleetPrompt.CANARY, node.identity().id()).size();
  }

  /** Whether ComfyUI has to prove itself. */
  synchronized @Nullable String suspicion() {
    return suspicion;
  }

  private Map<String, String> about() {
    return Map.of(FleetPrompt.CANARY, node.identity().id());
  }

  /**
   * Ends the suspicion that the canary has disproved, unless another one has come up meanwhile.
   * Answers alone prove nothing, so they leave the count of failures as it is.
   */
  private synchronized void trust(@Nullable String disproved, SystemStats stats, int length) {
    if (!Objects.equals(suspicion, disproved)) {
      return;
    }
    if (disproved != null) {
      failures = 0;
    }
    suspicion = null;
    brokenSince = null;
    node.comfyFound(stats, length);
  }

  private void broken(String reason) throws InterruptedException {
    Instant since;
    synchronized (this) {
      since = brokenSince == null ? Instant.now() : brokenSince;
      brokenSince = since;
    }
    node.comfyLost(reason);
    restart.ifDue(since, reason);
  }
}
