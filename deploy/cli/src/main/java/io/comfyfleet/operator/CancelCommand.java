package io.comfyfleet.operator;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Ends a job or a run that has not ended. */
@Command(
    name = "cancel",
    mixinStandardHelpOptions = true,
    description = "Ends a job or a run, wherever it is.",
    synopsisSubcommandLabel = "(job | run)")
public final class CancelCommand {
  /** Made by the command line only. */
  public CancelCommand() {}

  @Command(name = "job", mixinStandardHelpOptions = true, description = "Ends one job.")
  int job(
      @Parameters(paramLabel = "JOB", description = "Id of a job.") String id,
      @Mixin Connection connection) {
    return connection.show(
        connection.api().post("/api/jobs/" + Api.encoded(id) + "/cancel", null),
        JobsCommand::detail);
  }

  @Command(name = "run", mixinStandardHelpOptions = true, description = "Ends a whole run.")
  int run(
      @Parameters(paramLabel = "RUN", description = "Id of a run.") String id,
      @Mixin Connection connection) {
    return connection.show(
        connection.api().post("/api/runs/" + Api.encoded(id) + "/cancel", null),
        (run, out) -> RunsCommand.detail(run, connection));
  }
}
