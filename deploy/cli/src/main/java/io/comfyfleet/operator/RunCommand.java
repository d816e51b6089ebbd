package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.RunAnswer;
import io.comfyfleet.launch.RunEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sends a run of many jobs. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Sends a run of many jobs; with --wait, shows how far it is until it has ended.",
    footer = {
      "",
      "  ./fleet run story.json --wait --output out",
      "  ./fleet run --type image --prompt-file scenes.txt --wait"
    })
public final class RunCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Body of POST /api/runs as JSON; - for standard input.")
  private @Nullable String file;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description = "Instead of FILE: a job for each line that is not blank; - for standard input.")
  private @Nullable String prompts;

  @Mixin private JobOptions options;

  @Option(names = "--run-id", paramLabel = "ID", description = "Id; a repeat is the same run.")
  private @Nullable String runId;

  @Option(names = "--need", paramLabel = "N", description = "Successes that complete it (all).")
  private @Nullable Integer need;

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      description = "After which it is given up (never).")
  private @Nullable Integer deadline;

  @Mixin private WaitOptions waiting;
  @Mixin private Connection connection;

  /** Made by the command line only. */
  public RunCommand() {}

  @Override
  public Integer call() {
    Api api = connection.api();
    String body = api.post("/api/runs", body().toString());
    JsonNode run = Api.json(body);
    String id = run.path("run_id").asString();
    if (!waiting.wanted()) {
      return connection.show(
          body,
          (answer, out) ->
              out.println("run " + id + ": " + run.at("/counts/total").asInt() + " jobs accepted"));
    }
    String ended = await(api, id, run.at("/counts/total").asInt());
    connection.show(ended, (answer, out) -> RunsCommand.detail(answer, connection));
    waiting.save(connection, ended);
    boolean good = "completed".equals(Api.json(ended).path("status").asString(""));
    return (good ? Exit.OK : Exit.FAILED).code();
  }

  private String await(Api api, String id, int total) {
    String path = "/api/runs/" + Api.encoded(id);
    if (connection.json()) {
      return waiting.await(api, path, RunCommand::ended);
    }
    connection.out().println("run " + id + ": " + total + " jobs");
    boolean drawn = connection.terminal().output();
    try (RunBoard board = new RunBoard(connection.out(), drawn, total);
        RunEvents events =
            new RunEvents(new ProducerClient(connection.server()), Api.encoded(id), board)) {
      String answer = waiting.await(api, path, RunCommand::ended);
      events.complete(ProducerClient.JSON.readValue(answer, RunAnswer.class));
      return answer;
    }
  }

  private static boolean ended(String answer) {
    return !"open".equals(Api.json(answer).path("status").asString(""));
  }

  private ObjectNode body() {
    if ((file == null) == (prompts == null)) {
      throw new CommandStopped(
          Exit.REFUSED, "Give the run as FILE, or its prompts with --prompt-file, one of the two.");
    }
    ObjectNode body = file == null ? ofPrompts(read(prompts)) : ofFile(read(file));
    if (runId != null) {
      body.put("run_id", runId);
    }
    if (need != null) {
      body.put("need", need);
    }
    if (deadline != null) {
      body.put("deadline", deadline);
    }
    return body;
  }

  private ObjectNode ofPrompts(String text) {
    List<String> lines = text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    if (lines.isEmpty()) {
      throw new CommandStopped(Exit.REFUSED, prompts + " has no line with a prompt.");
    }
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    ArrayNode jobs = body.putArray("jobs");
    lines.forEach(line -> jobs.add(options.job(line)));
    return body;
  }

  private ObjectNode ofFile(String text) {
    if (options.any()) {
      throw new CommandStopped(
          Exit.REFUSED, "Options of a job go with --prompt-file; in FILE each job has its own.");
    }
    try {
      if (ProducerClient.JSON.readTree(text) instanceof ObjectNode body) {
        return body;
      }
    } catch (JacksonException e) {
      throw new CommandStopped(Exit.REFUSED, file + " is not JSON: " + e.getOriginalMessage());
    }
    throw new CommandStopped(
        Exit.REFUSED, file + " must hold a JSON object with a list \"jobs\"; see docs/messages.md");
  }

  private static String read(String name) {
    try {
      return name.equals("-")
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(Path.of(name));
    } catch (IOException e) {
      throw new CommandStopped(Exit.REFUSED, "Cannot read " + name + ": " + JobOptions.reason(e));
    }
  }
}
