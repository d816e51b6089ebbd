package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** The time after the last run has ended: every node must come back and every queue be emptied. */
final class Aftermath {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** The broker refreshes its figures every five seconds. */
  private static final Duration CALM = Duration.ofSeconds(6);

  private static final Duration POLL = Duration.ofMillis(500);

  private Aftermath() {}

  /** Returns what is left after a minute, a line each; usually nothing, and sooner. */
  static List<String> await(Machines machines) {
    var backlog = new Backlog(machines.brokerUri(), machines.broker().managementUri());
    return await(
        machines::mend,
        () -> {
          List<String> left = new ArrayList<>();
          try {
            machines.missing().forEach(nodeId -> left.add(nodeId + ": not online"));
          } catch (FleetFailure e) {
            left.add("nodes: " + e.getMessage());
          }
          try {
            left.addAll(backlog.lines());
          } catch (FleetFailure e) {
            left.add("queues: " + e.getMessage());
          }
          return left;
        },
        LIMIT,
        CALM);
  }

  /**
   * @param calm how long nothing must be left
   */
  static List<String> await(
      Runnable mend, Supplier<List<String>> look, Duration limit, Duration calm) {
    Instant start = Instant.now();
    Instant lastLeft = start;
    while (true) {
      mend.run();
      List<String> left = look.get();
      Instant now = Instant.now();
      if (!left.isEmpty()) {
        if (Duration.between(start, now).compareTo(limit) >= 0) {
          return left;
        }
        lastLeft = now;
      } else if (Duration.between(lastLeft, now).compareTo(calm) >= 0) {
        return List.of();
      }
      LockSupport.parkNanos(POLL.toNanos());
      if (Thread.currentThread().isInterrupted()) {
        throw new FleetFailure("Interrupted");
      }
    }
  }
}
