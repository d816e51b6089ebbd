package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.launch.RunAnswer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RunReportTest {

  @Test
  void closingLineComparesWithOneNodeAfterAnother() {
    RunReport report = report(6, 3200);

    assertThat(report.summary())
        .isEqualTo(
            "run r-1: 6 succeeded, 0 failed, 3.2 s"
                + " (one node after another: 18.0 s, speed-up 5.6x)");
    assertThat(report.isSuccess()).isTrue();
  }

  @Test
  void tableNamesNodeWaitRunAndFileOfEachJob() {
    assertThat(report(6, 3200).table())
        .hasSize(7)
        .element(1)
        .isEqualTo("   1  node-1          0.1 s    3.0 s  fleet-out/r-1/01-fox.png");
  }

  @Test
  void failedJobIsShownWithItsReasonAndSpoilsTheRun() {
    var error = new RunAnswer.Failure("bad_workflow", "node 3 is unknown");
    var job = new RunAnswer.JobResult("j-1", 0, "failed", null, null, null, error);
    var run = new RunAnswer("r-2", "failed", List.of(job));
    var report = new RunReport(1, run, Duration.ofSeconds(1), Map.of());

    assertThat(report.isSuccess()).isFalse();
    assertThat(report.summary()).startsWith("run r-2: 0 succeeded, 1 failed, 1.0 s");
    assertThat(report.table().get(1)).endsWith("failed: bad_workflow node 3 is unknown");
  }

  @Test
  void runWithoutResultsIsNoSuccess() {
    var run = new RunAnswer("r-3", "completed", List.of());

    assertThat(new RunReport(1, run, Duration.ofSeconds(1), Map.of()).isSuccess()).isFalse();
  }

  @Test
  void seriesIsComparedWithItsFirstRun() {
    assertThat(RunReport.comparison(List.of(report(1, 18_000), report(6, 3000))))
        .containsExactly(
            "machines   seconds  speed-up",
            "       1      18.0      1.0x",
            "       6       3.0      6.0x");
  }

  private static RunReport report(int nodes, long elapsedMs) {
    List<RunAnswer.JobResult> jobs =
        IntStream.range(0, 6)
            .mapToObj(i ->
                new RunAnswer.JobResult(
                    "j-" + i,
                    i,
                    "succeeded",
                    "node-" + (i + 1),
                    List.of(),
                    new RunAnswer.Timings(100L, 3000L),
                    null))
            .toList();
    var run = new RunAnswer("r-1", "completed", jobs);
    return new RunReport(
        nodes,
        run,
        Duration.ofMillis(elapsedMs),
        Map.of(0, List.of(Path.of("fleet-out/r-1/01-fox.png"))));
  }
}
