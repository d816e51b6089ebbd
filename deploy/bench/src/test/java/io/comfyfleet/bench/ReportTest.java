package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class ReportTest {

  @Test
  void chosenFaultThatStruckNothingIsTold() {
    Trial trial = Trial.of(1);
    trial.strikes.add(Trial.struck(FaultKind.HANG, "node-1", 1, 2));
    var options =
        new ChaosOptions(
            1,
            1,
            1,
            7,
            Duration.ofSeconds(5),
            EnumSet.of(FaultKind.HANG, FaultKind.DEADLINE, FaultKind.SOCKET_DROP),
            Duration.ofSeconds(5));

    Report report = new Report(options, trial.evidence(), new Ledger(), Duration.ofSeconds(1));

    assertThat(report.cases()).containsExactly("Note: struck nothing: socket-drop, deadline");
    assertThat(report.verdict().isGood()).isTrue();
  }
}
