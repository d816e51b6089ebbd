package io.comfyfleet.cli;

import io.comfyfleet.launch.RunAnswer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One measured run, put into words.
 *
 * @param nodes machines that took part
 * @param run the finished run
 * @param elapsed from sending the run to having its answer
 * @param files saved files by job index
 */
record RunReport(int nodes, RunAnswer run, Duration elapsed, Map<Integer, List<Path>> files) {

  boolean isSuccess() {
    return run.succeeded() == run.results().size() && !run.results().isEmpty();
  }

  /** A table with one row per job: node, wait, run, file or error. */
  List<String> table() {
    var lines = new ArrayList<String>();
    lines.add(row("job", "node", "wait", "run", "file"));
    for (RunAnswer.JobResult job : run.results()) {
      String node = job.nodeId() == null ? "-" : job.nodeId();
      lines.add(
          row(
              Integer.toString(job.index() + 1),
              node,
              seconds(job.queuedMs()),
              seconds(job.runMs()),
              outcome(job)));
    }
    return lines;
  }

  /** The closing line. */
  String summary() {
    long failed = run.results().size() - run.succeeded();
    return String.format(
        Locale.ROOT,
        "run %s: %d succeeded, %d failed, %s (one node after another: %s, speed-up %.1fx)",
        run.runId(),
        run.succeeded(),
        failed,
        seconds(elapsed.toMillis()),
        seconds(run.oneAfterAnotherMs()),
        speedUp());
  }

  /** Measured times side by side, the first report being the base of the speed-up. */
  static List<String> comparison(List<RunReport> reports) {
    var lines = new ArrayList<String>();
    lines.add(String.format(Locale.ROOT, "%8s  %8s  %8s", "machines", "seconds", "speed-up"));
    double base = reports.getFirst().elapsed().toMillis();
    for (RunReport report : reports) {
      double ms = Math.max(1, report.elapsed().toMillis());
      lines.add(
          String.format(Locale.ROOT, "%8d  %8.1f  %7.1fx", report.nodes(), ms / 1000, base / ms));
    }
    return lines;
  }

  private double speedUp() {
    return run.oneAfterAnotherMs() / (double) Math.max(1, elapsed.toMillis());
  }

  private String outcome(RunAnswer.JobResult job) {
    if (!job.isSucceeded()) {
      RunAnswer.Failure error = job.error();
      return error == null
          ? job.status()
          : job.status() + ": " + error.code() + " " + error.message();
    }
    return String.join(
        " ", files.getOrDefault(job.index(), List.of()).stream().map(Path::toString).toList());
  }

  private static String row(String job, String node, String wait, String run, String file) {
    return String.format(Locale.ROOT, "%4s  %-12s %8s %8s  %s", job, node, wait, run, file);
  }

  private static String seconds(long ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
  }
}
