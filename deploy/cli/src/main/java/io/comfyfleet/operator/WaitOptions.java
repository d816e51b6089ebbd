package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.RunAnswer;
import io.comfyfleet.launch.SavedOutputs;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;

/** Whether a command stays until its work has ended, how long, and where the files go. */
final class WaitOptions {
  /** Longest that one call waits, in seconds; below the limit of a call. */
  private static final int STEP = 30;

  @Option(names = "--wait", description = "Waits for the end; exit status 1 unless it is good.")
  private boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Longest wait (no limit); exit status 5 when it is over.")
  private @Nullable Integer timeout;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Waits, and saves the files of the outputs there.")
  private @Nullable Path output;

  boolean wanted() {
    return wait || timeout != null || output != null;
  }

  /**
   * Asks until the answer is an end.
   *
   * @param path of the job or run
   * @param ended whether an answer is an end
   * @return the last answer
   * @throws CommandStopped with {@link Exit#TIMEOUT}
   */
  String await(Api api, String path, java.util.function.Predicate<String> ended) {
    long deadline = timeout == null ? Long.MAX_VALUE : System.nanoTime() + seconds(timeout);
    while (true) {
      long left = timeout == null ? STEP : (deadline - System.nanoTime()) / seconds(1);
      String body = api.get(path + "?wait=" + Math.clamp(left, 0, STEP));
      if (ended.test(body)) {
        return body;
      }
      if (timeout != null && System.nanoTime() >= deadline) {
        throw new CommandStopped(
            Exit.TIMEOUT,
            path.replace("/api/", "").replaceFirst("s/", " ")
                + " has not ended after "
                + timeout
                + " s; it goes on");
      }
    }
  }

  /** Saves the files of a run's answer when that is wanted, and says where they are. */
  void save(Connection connection, String run) {
    if (output == null) {
      return;
    }
    RunAnswer answer;
    try {
      answer = ProducerClient.JSON.readValue(run, RunAnswer.class);
    } catch (JacksonException e) {
      throw new CommandStopped(Exit.FAILED, "The producer sent a run that cannot be read");
    }
    Map<Integer, List<Path>> saved =
        new SavedOutputs(new ProducerClient(connection.server()), output).save(answer);
    if (!connection.json()) {
      PrintWriter out = connection.out();
      saved.values().forEach(files -> files.forEach(file -> out.println("saved " + file)));
    }
  }

  private static long seconds(int count) {
    return Duration.ofSeconds(count).toNanos();
  }
}
