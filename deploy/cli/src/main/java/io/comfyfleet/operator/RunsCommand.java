package io.comfyfleet.operator;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Lists runs, or shows one. */
@Command(
    name = "runs",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Lists runs, newest first; with RUN, shows that one and its jobs.")
public final class RunsCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "RUN", description = "Id of a run.")
  private @Nullable String id;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "open, completed, partial, failed, cancelled or expired.")
  private @Nullable String status;

  @Mixin private PageOptions page;
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public RunsCommand() {}

  @Override
  public Integer call() {
    Api api = connection.api();
    if (id != null) {
      return connection.show(
          api.get("/api/runs/" + Api.encoded(id)), (run, out) -> detail(run, connection));
    }
    return connection.show(
        api.get(page.query().with("status", status).at("/api/runs")), this::list);
  }

  private void list(JsonNode answer, PrintWriter out) {
    Instant now = Instant.now();
    Table table =
        new Table(
            List.of("RUN", "STATUS", ">JOBS", ">DONE", ">NOT", ">OPEN", ">AGE", ">TOOK"), Set.of());
    for (JsonNode run : answer.path("runs").values()) {
      JsonNode counts = run.path("counts");
      table.row(
          Words.text(run.path("run_id")),
          Words.text(run.path("status")),
          counts.path("total").asInt(),
          counts.path("succeeded").asInt(),
          notDone(counts),
          counts.path("pending").asInt(),
          Words.age(run.path("created_at"), now),
          Words.between(run.path("created_at"), run.path("completed_at"), now));
    }
    connection.print(table, "No runs.");
    page.more(answer, "runs", out);
  }

  /** A run with its jobs and the sentences of those that did not succeed. */
  static void detail(JsonNode run, Connection connection) {
    Instant now = Instant.now();
    PrintWriter out = connection.out();
    JsonNode counts = run.path("counts");
    out.println(
        "run "
            + Words.text(run.path("run_id"))
            + " is "
            + Words.text(run.path("status"))
            + ": "
            + counts.path("succeeded").asInt()
            + " of "
            + counts.path("total").asInt()
            + " succeeded, "
            + notDone(counts)
            + " did not, "
            + counts.path("pending").asInt()
            + " open, "
            + Words.between(run.path("created_at"), run.path("completed_at"), now));
    connection.print(JobsCommand.table(run.path("jobs"), false, now), "It has no jobs.");
    for (JsonNode result : run.path("results").values()) {
      if (result.hasNonNull("error")) {
        out.println(
            "job "
                + (result.path("index").asInt() + 1)
                + ": "
                + Words.text(result.at("/error/code"))
                + ": "
                + Words.text(result.at("/error/message")));
      }
    }
  }

  private static int notDone(JsonNode counts) {
    return counts.path("failed").asInt()
        + counts.path("cancelled").asInt()
        + counts.path("expired").asInt();
  }
}
