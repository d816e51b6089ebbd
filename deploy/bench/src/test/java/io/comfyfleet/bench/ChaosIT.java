package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.broker.VirtualHost;
import io.comfyfleet.launch.Project;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A short chaos run with a fixed seed, on real processes and a real broker. */
@ExtendWith(BrokerExtension.class)
class ChaosIT {

  private static final ChaosOptions SHORT =
      new ChaosOptions(
          70,
          3,
          2,
          42,
          Duration.ofSeconds(20),
          EnumSet.of(
              FaultKind.WORKER_KILL,
              FaultKind.PRODUCER_KILL,
              FaultKind.COMFYUI_RESTART,
              FaultKind.OUT_OF_MEMORY,
              FaultKind.NETWORK_CUT,
              FaultKind.PRODUCER_CUT,
              FaultKind.BROKER_ALARM,
              FaultKind.DUPLICATE_DELIVERY),
          Duration.ofSeconds(45));

  @TempDir Path folder;

  @Test
  void fleetThatIsHurtEverywhereAnswersEveryJobOnce(VirtualHost host) {
    Project project = new Project(Path.of("../.."));
    try (var machines = new Machines(project, folder, host.broker(), host.uri())) {
      Report report = new Chaos(SHORT, machines, System.out::println).run();
      report.table(host.broker().description()).forEach(System.out::println);
      report.cases().forEach(System.out::println);

      assertThat(report.verdict().isGood()).as(String.join("\n", report.cases())).isTrue();
      assertThat(report.verdict().submitted()).isEqualTo(70);
    }
  }
}
