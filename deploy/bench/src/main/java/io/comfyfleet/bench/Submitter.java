package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/**
 * Hands a workload in at its times, each run on a thread of its own, and writes down what was
 * accepted. Safe for all threads.
 */
final class Submitter {

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final Api api;
  private final BiConsumer<UUID, byte[]> intake;
  private final Ledger ledger;
  private final Duration readingLimit;
  private final AtomicInteger open = new AtomicInteger();

  /**
   * @param intake takes a job's id and its message for {@code fleet.intake}, and returns when the
   *     broker has it
   * @param readingLimit how long the producer may take to read a run from there that is to be
   *     cancelled
   */
  Submitter(Api api, BiConsumer<UUID, byte[]> intake, Ledger ledger, Duration readingLimit) {
    this.api = api;
    this.intake = intake;
    this.ledger = ledger;
    this.readingLimit = readingLimit;
  }

  /** Returns at once. */
  void begin(Workload workload, Instant start) {
    open.addAndGet(workload.runs().size());
    for (RunPlan run : workload.runs()) {
      Thread.ofVirtual().name(run.runId()).start(() -> submit(run, start.plus(run.at())));
    }
  }

  /** Whether everything was accepted or refused, repeated and cancelled. */
  boolean isDone() {
    return open.get() == 0;
  }

  private void submit(RunPlan run, Instant when) {
    try {
      pause(Duration.between(Instant.now(), when));
      if (!hand(run)) {
        return;
      }
      if (run.repeatAfter() != null) {
        pause(run.repeatAfter());
        repeat(run);
      }
      if (run.cancelAfter() != null) {
        pause(run.cancelAfter());
        cancel(run);
      }
    } catch (FleetFailure e) {
      ledger.refused(run.runId() + ": " + e.getMessage());
    } finally {
      open.decrementAndGet();
    }
  }

  private boolean hand(RunPlan run) {
    if (run.intake()) {
      List<byte[]> messages = Bodies.messages(run);
      // The last one first: whatever waits for another of its run comes before that.
      for (int index = messages.size() - 1; index >= 0; index--) {
        Instant asked = Instant.now();
        intake.accept(run.jobs().get(index).jobId(), messages.get(index));
        ledger.accepted(run, List.of(run.jobs().get(index)), asked);
      }
      return true;
    }
    Instant asked = Instant.now();
    boolean accepted = post(run);
    if (accepted) {
      ledger.accepted(run, run.jobs(), asked);
    }
    return accepted;
  }

  private void repeat(RunPlan run) {
    if (run.intake()) {
      List<byte[]> messages = Bodies.messages(run);
      for (int index = 0; index < messages.size(); index++) {
        intake.accept(run.jobs().get(index).jobId(), messages.get(index));
      }
    } else {
      post(run);
    }
    ledger.repeated();
  }

  private boolean post(RunPlan run) {
    Api.Answer answer = api.post("/api/runs", Bodies.run(run), "key-" + run.runId());
    if (!answer.isSuccess()) {
      ledger.refused(run.runId() + ": " + answer.status() + " " + answer.body());
    }
    return answer.isSuccess();
  }

  private void cancel(RunPlan run) {
    if (run.intake() && !isRead(run)) {
      ledger.cancelled(Ledger.Cancel.TOO_EARLY);
      return;
    }
    ledger.asksToCancel(run.runId());
    Api.Answer answer = api.post("/api/runs/" + run.runId() + "/cancel", "", null);
    switch (answer.status()) {
      case 409 -> ledger.cancelled(Ledger.Cancel.TOO_LATE);
      default -> {
        if (answer.isSuccess()) {
          ledger.cancelled(Ledger.Cancel.DONE);
        } else {
          ledger.refused(run.runId() + ": cancel " + answer.status() + " " + answer.body());
        }
      }
    }
  }

  /** Waits: a message that is read after its run was cancelled is refused, and rightly. */
  private boolean isRead(RunPlan run) {
    Instant limit = Instant.now().plus(readingLimit);
    while (!knowsAll(run)) {
      if (!Instant.now().isBefore(limit)) {
        return false;
      }
      pause(LOOK_EVERY);
    }
    return true;
  }

  private boolean knowsAll(RunPlan run) {
    Api.Answer answer = api.get("/api/runs/" + run.runId());
    return answer.isSuccess()
        && ProducerClient.JSON.readTree(answer.body()).path("jobs").size() == run.jobs().size();
  }

  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left; (left = end - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
    }
  }
}
