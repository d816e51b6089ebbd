package io.comfyfleet.cli;

import io.comfyfleet.launch.WorkerSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Starts workers again that have crashed. One that ended in good order was drained by somebody and
 * stays away; the others go on in either case. Used by one thread.
 */
final class WorkerKeeper {

  /** A worker that cannot run would otherwise be started all the time. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Fleet fleet;
  private final InstantSource clock;
  private final Consumer<String> say;
  private final List<Due> due = new ArrayList<>();
  private final Map<String, Integer> lives = new HashMap<>();

  WorkerKeeper(Fleet fleet, InstantSource clock, Consumer<String> say) {
    this.fleet = fleet;
    this.clock = clock;
    this.say = say;
  }

  /** Looks once. Fails when the producer, or anything else that all depend on, has ended. */
  void look() {
    for (Fleet.EndedWorker ended : fleet.endedWorkers()) {
      if (ended.wasDrained()) {
        say.accept(ended.line() + "; the others go on");
      } else {
        say.accept(ended.line() + "; it is started again in " + PAUSE.toSeconds() + " s");
        due.add(new Due(clock.instant().plus(PAUSE), ended.settings()));
      }
    }
    Instant now = clock.instant();
    List<Due> ripe = due.stream().filter(next -> !next.at().isAfter(now)).toList();
    due.removeAll(ripe);
    ripe.forEach(next -> {
      int life = lives.merge(next.settings().nodeId(), 2, (before, first) -> before + 1);
      fleet.startWorker(next.settings(), life);
    });
  }

  private record Due(Instant at, WorkerSettings settings) {}
}
