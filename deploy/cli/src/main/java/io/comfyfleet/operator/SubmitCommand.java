package io.comfyfleet.operator;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Sends one job. */
@Command(
    name = "submit",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Sends one job; with --wait, stays until it has ended.",
    footer = {"", "  ./fleet submit --prompt \"a red fox in fresh snow\" --wait --output out"})
public final class SubmitCommand implements Callable<Integer> {
  static final Set<String> PENDING = Set.of("accepted", "waiting", "queued", "running");

  @Mixin private JobOptions options;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "What is to be seen.")
  private @Nullable String prompt;

  @Mixin private WaitOptions waiting;
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public SubmitCommand() {}

  @Override
  public Integer call() {
    Api api = connection.api();
    String body = api.post("/api/comfyui/dispatch", options.job(prompt).toString());
    if (!waiting.wanted()) {
      return connection.show(body, SubmitCommand::accepted);
    }
    JsonNode job = Api.json(body);
    if (!connection.json()) {
      accepted(job, connection.out());
      connection.out().flush();
    }
    String ended =
        waiting.await(
            api,
            "/api/jobs/" + job.path("job_id").asString(),
            answer -> !PENDING.contains(Api.json(answer).path("status").asString("")));
    connection.show(ended, JobsCommand::detail);
    waiting.save(connection, api.get("/api/runs/" + Api.encoded(job.path("run_id").asString())));
    boolean good = "succeeded".equals(Api.json(ended).path("status").asString(""));
    return (good ? Exit.OK : Exit.FAILED).code();
  }

  private static void accepted(JsonNode job, PrintWriter out) {
    out.println(
        "job "
            + Words.text(job.path("job_id"))
            + " is "
            + Words.text(job.path("status"))
            + " on lane "
            + Words.text(job.path("lane"))
            + " since "
            + Words.age(job.path("created_at"), Instant.now()));
    if (job.hasNonNull("note")) {
      out.println("note: " + Words.text(job.path("note")));
    }
  }
}
