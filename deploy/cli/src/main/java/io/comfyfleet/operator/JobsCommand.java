package io.comfyfleet.operator;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Lists jobs, or shows one. */
@Command(
    name = "jobs",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists jobs, newest first; with JOB, shows that one.")
public final class JobsCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "JOB", description = "Id of a job.")
  private @Nullable String id;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = {
        "accepted, waiting, queued, running, succeeded, failed, cancelled or expired."
      })
  private @Nullable String status;

  @Option(names = "--run", paramLabel = "RUN", description = "Only jobs of that run.")
  private @Nullable String run;

  @Option(names = "--lane", paramLabel = "LANE", description = "Only jobs of that lane.")
  private @Nullable String lane;

  @Mixin private PageOptions page;
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public JobsCommand() {}

  @Override
  public Integer call() {
    Api api = connection.api();
    if (id != null) {
      return connection.show(api.get("/api/jobs/" + Api.encoded(id)), JobsCommand::detail);
    }
    String path =
        page.query().with("status", status).with("run", run).with("lane", lane).at("/api/jobs");
    return connection.show(
        api.get(path),
        (answer, out) -> {
          connection.print(table(answer.path("jobs"), true, Instant.now()), "No jobs.");
          page.more(answer, "jobs", out);
        });
  }

  /**
   * Jobs as a table.
   *
   * @param runs whether they are of several runs
   */
  static Table table(JsonNode jobs, boolean runs, Instant now) {
    List<String> headings =
        new ArrayList<>(List.of("JOB", ">#", "STATUS", "LANE", "NODE", ">DONE", ">TIME"));
    if (runs) {
      headings.add("RUN");
    }
    Table table = new Table(headings, Set.of("NODE", "LANE", "RUN"));
    for (JsonNode job : jobs.values()) {
      List<Object> cells =
          new ArrayList<>(
              List.of(
                  Words.text(job.path("job_id")),
                  job.path("index").asInt() + 1,
                  Words.text(job.path("status")),
                  Words.text(job.path("lane")),
                  Words.text(job.path("node")),
                  Words.share(job.path("progress")),
                  Words.between(job.path("created_at"), job.path("ended_at"), now)));
      if (runs) {
        cells.add(Words.text(job.path("run_id")));
      }
      table.row(cells.toArray());
    }
    return table;
  }

  /** A job with the files it made, or why it made none. */
  static void detail(JsonNode job, PrintWriter out) {
    JsonNode result = job.path("result");
    out.println(
        "job "
            + Words.text(job.path("job_id"))
            + " is "
            + Words.text(job.path("status"))
            + (job.hasNonNull("node") ? " on " + Words.text(job.path("node")) : "")
            + ", "
            + Words.between(job.path("created_at"), job.path("ended_at"), Instant.now()));
    line(out, "run", Words.text(job.path("run_id")) + ", job " + (job.path("index").asInt() + 1));
    line(out, "lane", Words.text(job.path("lane")) + ", priority " + job.path("priority").asInt());
    if (job.hasNonNull("progress")) {
      line(out, "progress", Words.share(job.path("progress")));
    }
    if (job.hasNonNull("note")) {
      line(out, "note", Words.text(job.path("note")));
    }
    if (result.hasNonNull("timings")) {
      line(out, "times", Words.pairs(result.path("timings")));
    }
    for (JsonNode attempt : result.path("attempts").values()) {
      line(out, "attempt", Words.pairs(attempt));
    }
    if (result.hasNonNull("error")) {
      line(
          out,
          "error",
          Words.text(result.at("/error/code")) + ": " + Words.text(result.at("/error/message")));
    }
    for (JsonNode output : result.path("outputs").values()) {
      line(
          out,
          "output",
          Words.text(output.path("filename")) + "  " + Words.text(output.path("url")));
    }
  }

  private static void line(PrintWriter out, String name, String value) {
    out.println("  " + name + " ".repeat(Math.max(1, 9 - name.length())) + value);
  }
}
