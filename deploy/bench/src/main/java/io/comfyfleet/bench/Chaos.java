package io.comfyfleet.bench;

import io.comfyfleet.launch.FleetFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One chaos run, from the first process to the verdict. Used by one thread. */
final class Chaos {

  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration TOLD_EVERY = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** How long a run's end may be on its way to the receiver. */
  private static final Duration POST = Duration.ofSeconds(15);

  /** Longer than a producer is away, which reads the intake then. */
  private static final Duration READING = Duration.ofMinutes(1);

  private static final Duration FETCHING = Duration.ofSeconds(20);

  /** How long repeats may still come in after the last end. */
  private static final Duration ECHO = Duration.ofSeconds(2);

  private final ChaosOptions options;
  private final Machines machines;
  private final Consumer<String> say;
  private final Ledger ledger = new Ledger();

  Chaos(ChaosOptions options, Machines machines, Consumer<String> say) {
    this.options = options;
    this.machines = machines;
    this.say = say;
  }

  /** Runs it to the end; the machines are still up then. */
  Report run() {
    var schedule = Schedule.of(options.seed(), options.faults(), options.nodes(), options.length());
    var workload = Workload.of(options.seed(), options.jobs(), options.length(), options.faults());
    say.accept("Starting a producer and " + options.nodes() + " machines with a worker each");
    machines.start(
        options.nodes(),
        number -> Map.of("FLEET_INTAKE_SLOTS", String.valueOf(options.slotsOf(number))));
    say.accept(
        "%d jobs in %d runs and %d strikes within %d s; logs are in %s"
            .formatted(
                workload.jobs(),
                workload.runs().size(),
                schedule.strikes().size(),
                options.length().toSeconds(),
                machines.logs()));
    var api = new Api(machines.producerUrl(), PATIENCE);
    var striker = new Striker(machines);
    String uri = machines.brokerUri();
    try (var answers =
            new Inbox<>(uri, "chaos.answers", Answer::of).bind("fleet.runs", "run.completed");
        var replies = new Inbox<>(uri, Reply.QUEUE, Reply::of);
        var intake = new IntakeDoor(uri)) {
      var submitter = new Submitter(api, intake::publish, ledger, READING);
      Instant start = Instant.now();
      striker.begin(schedule, start);
      submitter.begin(workload, start);
      await(api, answers, striker, submitter, start);
      Duration wall = Duration.between(start, Instant.now());
      rest(ECHO);
      List<String> leftBehind = Aftermath.await(machines);
      Evidence evidence = collect(api, answers, replies, striker, leftBehind);
      return new Report(options, evidence, ledger, wall);
    }
  }

  private Evidence collect(
      Api api,
      Inbox<Answer> answers,
      Inbox<Reply> replies,
      Striker striker,
      List<String> leftBehind) {
    List<String> surprises = new ArrayList<>(machines.surprises());
    Stream.of(answers, replies)
        .flatMap(inbox -> inbox.unreadable().stream())
        .forEach(why -> surprises.add("unreadable message in " + why));
    List<Render> renders = new ArrayList<>();
    for (int number = 1; number <= options.nodes(); number++) {
      try {
        String nodeId = Machines.nodeId(number);
        renders.addAll(Render.of(nodeId, machines.simulated().get(number - 1)));
      } catch (FleetFailure e) {
        surprises.add("machine of " + Machines.nodeId(number) + ": " + e.getMessage());
      }
    }
    List<Answer> told = answers.all();
    List<RunState> runs = ledger.runIds().stream().map(runId -> RunState.of(api, runId)).toList();
    return new Evidence(
        ledger.jobs(),
        ledger.askedToCancel(),
        ledger.refusals(),
        told,
        replies.all(),
        runs,
        renders,
        Outputs.fetch(new Api(machines.producerUrl(), FETCHING), addresses(told, runs)),
        Letter.takeAll(machines.brokerUri()),
        striker.struck(),
        striker.failures(),
        answers.arrivals(),
        surprises,
        leftBehind);
  }

  /** Of the outputs that the producer or an answer names. */
  private static Set<String> addresses(List<Answer> answers, List<RunState> runs) {
    return Stream.concat(
            answers.stream().flatMap(answer -> answer.ends().stream()),
            runs.stream().flatMap(run -> run.ends().stream()))
        .flatMap(end -> end.outputs().stream())
        .map(OutputFile::url)
        .collect(Collectors.toSet());
  }

  /** Returns when everything has ended, or when nothing has got on for too long. */
  private void await(
      Api api, Inbox<Answer> answers, Striker striker, Submitter submitter, Instant start) {
    Instant told = start;
    Instant moved = start;
    int before = -1;
    while (true) {
      machines.mend();
      Set<String> open = new HashSet<>(ledger.runIds());
      int accepted = open.size();
      answers.all().forEach(answer -> open.remove(answer.runId()));
      boolean struckAll = striker.isDone() && submitter.isDone();
      Instant now = Instant.now();
      if (before != accepted - open.size() + accepted) {
        before = accepted - open.size() + accepted;
        moved = now;
      }
      Duration still = Duration.between(moved, now);
      if (struckAll && (open.isEmpty() || still.compareTo(POST) > 0 && haveEnded(api, open))) {
        return;
      }
      if (still.compareTo(options.stall()) > 0) {
        say.accept("Nothing has got on for " + options.stall().toSeconds() + " s; giving up");
        return;
      }
      if (Duration.between(told, now).compareTo(TOLD_EVERY) >= 0) {
        told = now;
        say.accept(
            "%4d s  %d jobs accepted, %d of %d runs ended, %d faults"
                .formatted(
                    Duration.between(start, now).toSeconds(),
                    ledger.jobs().size(),
                    accepted - open.size(),
                    accepted,
                    striker.struck().size()));
      }
      rest(POLL);
    }
  }

  private static boolean haveEnded(Api api, Set<String> open) {
    List<String> still = new ArrayList<>();
    for (String runId : open) {
      if (!RunState.of(api, runId).isEnded()) {
        still.add(runId);
      }
    }
    return still.isEmpty();
  }

  private static void rest(Duration time) {
    LockSupport.parkNanos(time.toNanos());
    if (Thread.currentThread().isInterrupted()) {
      throw new FleetFailure("Interrupted");
    }
  }
}
