package io.comfyfleet.worker.node;

import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.telemetry.LogKeys;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;

/** Does what an operator says. */
final class ControlListener implements MessageListener {
  private static final Logger log = LoggerFactory.getLogger(ControlListener.class);

  private final MessageCodec codec;
  private final Node node;
  private final TakeOver takeOver;
  private final Orphans orphans;
  private final Predicate<String> declared;
  private final Runnable exit;

  /**
   * @param declared whether the queue of a lane is there
   * @param exit ends the program in good order; returns at once
   */
  ControlListener(
      MessageCodec codec,
      Node node,
      TakeOver takeOver,
      Orphans orphans,
      Predicate<String> declared,
      Runnable exit) {
    this.codec = codec;
    this.node = node;
    this.takeOver = takeOver;
    this.orphans = orphans;
    this.declared = declared;
    this.exit = exit;
  }

  @Override
  public void onMessage(Message message) {
    try {
      obey(codec.decodeControl(message.getBody()));
    } catch (UnreadableMessageException e) {
      log.atWarn()
          .addKeyValue(LogKeys.REASON, e.getMessage())
          .log("control message not understood");
    }
  }

  private void obey(ControlMessage word) {
    Level level = word instanceof ControlMessage.WhoHas ? Level.DEBUG : Level.INFO;
    log.atLevel(level).addKeyValue(LogKeys.KIND, word).log("control message received");
    switch (word) {
      case ControlMessage.Pause pause -> node.pause();
      case ControlMessage.Resume resume -> node.resume();
      case ControlMessage.Drain drain -> {
        node.drain();
        exit.run();
      }
      case ControlMessage.Slots slots ->
          node.slots(Math.clamp(slots.slots(), 1, ControlMessage.Slots.MOST));
      case ControlMessage.Lanes lanes -> serve(lanes.lanes());
      case ControlMessage.Cancel cancel -> stop(cancel.jobId(), null, RunningAttempt.Stop.CANCEL);
      case ControlMessage.CancelRun cancel -> {
        orphans.cancelled(cancel.runId());
        stop(attempt -> attempt.job().runId().equals(cancel.runId()), RunningAttempt.Stop.CANCEL);
      }
      case ControlMessage.WhoHas question -> takeOver.answer(question);
      case ControlMessage.Defer defer -> stop(defer.jobId(), null, RunningAttempt.Stop.DEFER);
      case ControlMessage.Done done -> stop(done.jobId(), done.tryName(), RunningAttempt.Stop.DONE);
    }
  }

  /** A lane without a queue would keep the node from every other lane, so it is left out. */
  private void serve(Map<String, Integer> wish) {
    Map<String, Integer> lanes = new LinkedHashMap<>(wish);
    if (lanes.keySet().removeIf(declared.negate())) {
      Set<String> missing = new LinkedHashSet<>(wish.keySet());
      missing.removeAll(lanes.keySet());
      log.atWarn()
          .addKeyValue(LogKeys.REASON, "no queue of " + missing + "; let the producer declare it")
          .log("lanes left out");
    }
    if (!lanes.isEmpty()) {
      node.lanes(Collections.unmodifiableMap(lanes));
    }
  }

  private void stop(UUID jobId, @Nullable String tryName, RunningAttempt.Stop reason) {
    orphans.taken(jobId);
    stop(
        attempt ->
            attempt.job().jobId().equals(jobId)
                && (tryName == null || tryName.equals(attempt.job().tryName())),
        reason);
  }

  private void stop(Predicate<RunningAttempt> which, RunningAttempt.Stop reason) {
    node.inHand().stream().filter(which).forEach(attempt -> attempt.stop(reason));
  }
}
