package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.RunAnswer;
import io.comfyfleet.launch.SimulatorControl;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Rounds in which the worker that has the only job ends or stands still, or is told to stop. */
final class TakeOverRounds {

  private static final int NODES = 3;
  private static final double JOB_SECONDS = 8;
  private static final Duration KILL_BAR = Duration.ofSeconds(2);
  private static final Duration NOTICED_BAR = Duration.ofSeconds(30);
  // The broker may take the whole time to notice, and then it goes on as after a kill.
  private static final Duration VANISH_BAR = NOTICED_BAR.plus(KILL_BAR);
  private static final Duration CANCEL_BAR = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final Duration LOOK = Duration.ofMillis(20);

  // A worker that found the broker just now gives the others more time to answer for a job.
  private static final Duration SETTLED = Duration.ofSeconds(16);

  private final Machines machines;
  private final int rounds;
  private final Api api;
  private final ProducerClient producer;

  TakeOverRounds(Machines machines, int rounds) {
    this.machines = machines;
    this.rounds = rounds;
    this.api = new Api(machines.producerUrl(), Duration.ofSeconds(30));
    this.producer = new ProducerClient(machines.producerUrl());
  }

  /**
   * Measures, and tells a line for each round.
   *
   * @return whether every job succeeded elsewhere, or was cancelled, within the bars
   */
  boolean measure(Consumer<String> say) {
    // As in real use; the chaos run is more impatient.
    machines.start(NODES, number -> Map.of("FLEET_NODE_HEARTBEAT_INTERVAL", "5s"));
    say.accept("| signal | node | offline after | prompt runs elsewhere after | job |");
    say.accept("|---|---|---|---|---|");
    boolean kept = true;
    for (int round = 0; round < rounds; round++) {
      kept &= round(say, "SIGKILL", KILL_BAR, WorkerMachine::kill, WorkerMachine::start);
    }
    for (int round = 0; round < rounds; round++) {
      kept &= round(say, "SIGSTOP", VANISH_BAR, WorkerMachine::suspend, WorkerMachine::resume);
    }
    say.accept("");
    say.accept("| cancelled while it runs on | answered after | prompt ended after | job |");
    say.accept("|---|---|---|---|");
    for (int round = 0; round < rounds; round++) {
      kept &= cancelled(say);
    }
    return kept;
  }

  private boolean cancelled(Consumer<String> say) {
    settle();
    String jobId = UUID.randomUUID().toString();
    String runId = producer.submit(body(jobId));
    int number = await("a machine to render", () -> rendering(jobId, 0));
    Instant asked = Instant.now();
    api.post("/api/jobs/" + jobId + "/cancel", "", null);
    Duration answered = since(asked);
    Duration ended = Duration.between(asked, await("its prompt to end", () -> end(number, jobId)));
    String status = producer.await(runId).results().getFirst().status();
    say.accept(
        String.format(
            Locale.ROOT,
            "| %s | %.2f s | %.2f s | %s |",
            machines.worker(number).nodeId(),
            answered.toMillis() / 1000.0,
            ended.toMillis() / 1000.0,
            status));
    return status.equals("cancelled") && ended.compareTo(CANCEL_BAR) <= 0;
  }

  private boolean round(
      Consumer<String> say,
      String signal,
      Duration bar,
      Consumer<WorkerMachine> strike,
      Consumer<WorkerMachine> undo) {
    settle();
    String jobId = UUID.randomUUID().toString();
    String runId = producer.submit(body(jobId));
    int number = await("a machine to render", () -> rendering(jobId, 0));
    WorkerMachine worker = machines.worker(number);
    Instant struck = Instant.now();
    strike.accept(worker);
    Duration offline =
        await("its node to be offline", () -> isOffline(worker) ? since(struck) : null);
    int taker = await("another machine to render", () -> rendering(jobId, number));
    Duration elsewhere = Duration.between(struck, begun(taker, jobId));
    undo.accept(worker);
    RunAnswer run = producer.await(runId);
    while (run.isOpen()) {
      run = producer.await(runId);
    }
    String status = run.results().getFirst().status();
    say.accept(
        String.format(
            Locale.ROOT,
            "| %s | %s | %.2f s | %.2f s, on %s | %s |",
            signal,
            worker.nodeId(),
            offline.toMillis() / 1000.0,
            elsewhere.toMillis() / 1000.0,
            machines.worker(taker).nodeId(),
            status));
    return status.equals("succeeded")
        && elsewhere.compareTo(bar) <= 0
        && offline.compareTo(NOTICED_BAR) <= 0;
  }

  private void settle() {
    List<String> all = IntStream.rangeClosed(1, NODES).mapToObj(Machines::nodeId).toList();
    await("all nodes to be online", () -> producer.onlineNodes().containsAll(all) ? true : null);
    LockSupport.parkNanos(SETTLED.toNanos());
  }

  /** The machine other than that one where the job's prompt has begun; null while there is none. */
  private @Nullable Integer rendering(String jobId, int except) {
    for (int number = 1; number <= NODES; number++) {
      if (number != except && begun(number, jobId) != null) {
        return number;
      }
    }
    return null;
  }

  private @Nullable Instant begun(int number, String jobId) {
    return time(number, jobId, "started");
  }

  private @Nullable Instant end(int number, String jobId) {
    return time(number, jobId, "ended");
  }

  private @Nullable Instant time(int number, String jobId, String field) {
    for (JsonNode run : SimulatorControl.executed(machines.simulated().get(number - 1))) {
      if (jobId.equals(run.path("fleet_job_id").asString("")) && !run.path(field).isNull()) {
        return Instant.parse(run.path(field).asString());
      }
    }
    return null;
  }

  private boolean isOffline(WorkerMachine worker) {
    for (JsonNode node : ProducerClient.JSON.readTree(api.get("/api/nodes").body()).path("nodes")) {
      if (worker.nodeId().equals(node.path("id").asString(""))) {
        return "offline".equals(node.path("status").asString(""));
      }
    }
    return false;
  }

  private static Duration since(Instant begin) {
    return Duration.between(begin, Instant.now());
  }

  private static <T> T await(String what, Supplier<@Nullable T> look) {
    Instant end = Instant.now().plus(LIMIT);
    while (Instant.now().isBefore(end)) {
      T seen = look.get();
      if (seen != null) {
        return seen;
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
    throw new FleetFailure("Waited in vain for " + what);
  }

  private static String body(String jobId) {
    int colour = jobId.hashCode() & 0xffffff;
    JobPlan job =
        new JobPlan(UUID.fromString(jobId), "image", false, JOB_SECONDS, colour, false, null);
    return Bodies.run(
        new RunPlan("take-over-" + jobId, Duration.ZERO, false, List.of(job), null, null));
  }
}
