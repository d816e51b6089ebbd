package io.comfyfleet.worker.node;

import io.comfyfleet.job.Job;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.topology.Topology;
import io.comfyfleet.worker.execution.RunningAttempt;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Before a node takes a job over whose last delivery broke off, it asks whether somebody still
 * works on it: a broker that restarts, or a connection that was cut, hands out anew what is in good
 * hands. A machine that died does not answer. The time for answers begins when the node hears its
 * own question, for a broker that takes nothing has not asked anybody. Thread-safe.
 */
public final class TakeOver {
  private static final Duration ASK_EVERY = Duration.ofMillis(200);
  private static final Duration WAIT = Duration.ofSeconds(1);
  // When this node found the broker just now, be it for the first time, others may not have yet.
  private static final Duration WAIT_AFTER_CONNECT = Duration.ofSeconds(4);
  private static final Duration SETTLED = Duration.ofSeconds(15);
  // A process that was stopped for so long has missed answers, and asks anew.
  private static final Duration STANDSTILL = Duration.ofSeconds(1);
  // A broker that takes nothing keeps the question; without an answer to it nobody may begin.
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

  private final Duration longestWait;

  private final Node node;
  private final EventPublisher events;
  private final Recent<String> succeeded = new Recent<>();
  private final Recent<String> settled = new Recent<>();

  /** The jobs asked for now, and when this node heard its question; {@code MAX} when not yet. */
  private final Map<UUID, Instant> heard = new ConcurrentHashMap<>();

  TakeOver(Node node, EventPublisher events) {
    this(node, events, LONGEST_WAIT);
  }

  /**
   * @param longestWait how long a question may take to be heard
   */
  TakeOver(Node node, EventPublisher events, Duration longestWait) {
    this.node = node;
    this.events = events;
    this.longestWait = longestWait;
  }

  /**
   * Asks for a while; whoever has the job makes the attempt stop meanwhile. It is to be given back
   * as well when the broker has not handed the question on by then: the next one asks again.
   */
  public void ask(RunningAttempt attempt) {
    UUID jobId = attempt.job().jobId();
    Duration wait = node.isConnectedFor(SETTLED) ? WAIT : WAIT_AFTER_CONNECT;
    ControlMessage question =
        new ControlMessage.WhoHas(
            jobId, attempt.job().replay(), attempt.job().tryName(), node.identity().id());
    Instant giveUp = Instant.now().plus(longestWait);
    heard.put(jobId, Instant.MAX);
    Instant until = giveUp;
    while (Instant.now().isBefore(until)) {
      Instant turn = Instant.now();
      events.tell(Topology.CONTROL_ALL, question);
      if (!attempt.pause(ASK_EVERY)) {
        break;
      }
      Instant now = Instant.now();
      if (turn.plus(STANDSTILL).isBefore(now)) {
        heard.put(jobId, Instant.MAX);
        giveUp = now.plus(longestWait);
      }
      Instant heardAt = heard.get(jobId);
      until = Instant.MAX.equals(heardAt) ? giveUp : heardAt.plus(wait);
    }
    if (Instant.MAX.equals(heard.remove(jobId))) {
      attempt.stop(RunningAttempt.Stop.DRAIN);
    }
  }

  /** Notes that this node has done the job and that its result is published. */
  public void succeeded(Job job) {
    succeeded.add(name(job.jobId(), job.replay()));
  }

  /**
   * Whether this node has done the job lately; what comes of it now is a copy. A replay is done
   * again.
   */
  public boolean isSucceeded(Job job) {
    return succeeded.contains(name(job.jobId(), job.replay()));
  }

  private static String name(UUID jobId, @Nullable Integer replay) {
    return jobId + "/" + replay;
  }

  /** Notes that this node has made a try and that everything that follows from it is published. */
  public void settled(Job job) {
    settled.add(job.tryName());
  }

  /** Whether this node has made this try lately, however it ended. */
  public boolean isSettled(Job job) {
    return settled.contains(job.tryName());
  }

  /** Answers another node's question, if this node is the one. */
  void answer(ControlMessage.WhoHas question) {
    if (question.nodeId().equals(node.identity().id())) {
      // An echo that comes late must not count for the next time.
      heard.replace(question.jobId(), Instant.MAX, Instant.now());
      return;
    }
    RunningAttempt attempt = node.inHand(question.jobId());
    if (isDone(question)) {
      tell(question, new ControlMessage.Done(question.jobId(), question.tryName()));
    } else if (attempt != null && attempt.isStarted()) {
      tell(question, new ControlMessage.Defer(question.jobId()));
    }
  }

  /** Whether this node itself has done what is asked for, whoever asks. */
  boolean isDone(ControlMessage.WhoHas question) {
    String tryName = question.tryName();
    return succeeded.contains(name(question.jobId(), question.replay()))
        || (tryName != null && settled.contains(tryName));
  }

  private void tell(ControlMessage.WhoHas question, ControlMessage answer) {
    events.tell(Topology.controlKey(question.nodeId()), answer);
  }
}
