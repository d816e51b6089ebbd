package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.broker.Brokers;
import io.comfyfleet.launch.Project;
import io.comfyfleet.launch.WorkerSettings;
import io.comfyfleet.process.ChildProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of the fleet when one of its worker processes ends. */
class WorkerKeeperIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();

  private final List<String> said = new ArrayList<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private Fleet fleet;
  private WorkerKeeper keeper;

  @BeforeEach
  void startTwoWorkers() {
    var broker =
        new Brokers(Map.of(Brokers.URI, BROKER.uri()), line -> {})
            .findForUse(Path.of("unused"), false);
    fleet =
        new Fleet(new Project(Path.of("../..").toAbsolutePath()), broker, Duration.ofSeconds(5));
    keeper = new WorkerKeeper(fleet, () -> now, said::add);
    // They wait for a ComfyUI that is not there, which is enough to be alive.
    List.of("keeper-1", "keeper-2").forEach(id -> fleet.startWorker(settings(id)));
  }

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void crashedWorkerIsStartedAgainWhileTheOtherGoesOn() {
    ChildProcess crashed = fleet.workers().get("keeper-1");
    crashed.kill();
    crashed.ended().join();

    keeper.look();

    assertThat(said).singleElement().asString().contains("keeper-1", "status", "started again");
    assertThat(fleet.workers()).containsOnlyKeys("keeper-2");
    now = now.plusSeconds(10);
    keeper.look();
    assertThat(fleet.workers()).containsOnlyKeys("keeper-1", "keeper-2");
    fleet.requireAlive();
  }

  @Test
  void drainedWorkerStaysAway() {
    // Before the program has set its handler, SIGTERM ends it with the same status.
    ChildProcess drained = fleet.workers().get("keeper-2");
    drained.requestStop();
    drained.ended().join();

    keeper.look();
    now = now.plusSeconds(60);
    keeper.look();

    assertThat(said).singleElement().asString().contains("keeper-2", "drained");
    assertThat(fleet.workers()).containsOnlyKeys("keeper-1");
  }

  private static WorkerSettings settings(String id) {
    URI nobody = URI.create("http://127.0.0.1:9");
    return new WorkerSettings(id, nobody, List.of("image"), 1, nobody, Duration.ofSeconds(1));
  }
}
