package io.comfyfleet.bench;

import io.comfyfleet.launch.ProducerClient;
import io.comfyfleet.launch.SimulatorControl;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/** Rounds of calls, all callers of a round at once, each held until its image is there. */
final class CallRounds {

  private static final Duration CALL_LIMIT = Duration.ofSeconds(300);
  private static final String PRODUCER_JAR = "comfyfleet-producer";
  private static final String RESIDENT = "VmRSS:";

  private final Machines machines;
  private final int callers;
  private final int rounds;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  CallRounds(Machines machines, int callers, int rounds) {
    this.machines = machines;
    this.callers = callers;
    this.rounds = rounds;
  }

  /**
   * Measures, and tells a line for each round.
   *
   * @return whether every call was answered with its own image, and no repeat rendered anything
   */
  boolean measure(Consumer<String> say) {
    machines.simulated().forEach(machine -> SimulatorControl.pace(machine, 0.1));
    say.accept("| round | answered 200 | jobs | renders | time | producer's memory |");
    say.accept("|---|---|---|---|---|---|");
    say.accept("| at the start | | | | | " + memory() + " |");
    boolean kept = true;
    for (int round = 1; round <= rounds; round++) {
      kept &= round(say, String.valueOf(round), "round-" + round, callers);
    }
    return kept & round(say, "the first again", "round-1", 0);
  }

  private boolean round(Consumer<String> say, String name, String keys, int expected) {
    int before = renders();
    long begin = System.nanoTime();
    List<CompletableFuture<HttpResponse<String>>> calls =
        IntStream.range(0, callers)
            .mapToObj(i -> http.sendAsync(request(keys + "-" + i), BodyHandlers.ofString()))
            .toList();
    Set<String> jobs = new HashSet<>();
    int answered = 0;
    for (CompletableFuture<HttpResponse<String>> call : calls) {
      HttpResponse<String> answer = call.exceptionally(failure -> null).join();
      if (answer != null && answer.statusCode() == 200) {
        answered++;
        jobs.add(ProducerClient.JSON.readTree(answer.body()).path("job_id").asString());
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    int rendered = renders() - before;
    say.accept(
        String.format(
            Locale.ROOT,
            "| %s | %d of %d | %d | %d | %.1f s | %s |",
            name,
            answered,
            callers,
            jobs.size(),
            rendered,
            seconds,
            memory()));
    return answered == callers && jobs.size() == callers && rendered == expected;
  }

  private HttpRequest request(String key) {
    ObjectNode body = ProducerClient.JSON.createObjectNode();
    body.put("template", "demo-image").put("prompt", "called");
    // ComfyUI would answer an equal graph from its cache.
    body.put("seed", key.hashCode() & 0xffffff);
    return HttpRequest.newBuilder(machines.producerUrl().resolve("/api/image/generate"))
        .timeout(CALL_LIMIT)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", key)
        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
        .build();
  }

  private int renders() {
    return machines.simulated().stream()
        .mapToInt(machine -> SimulatorControl.executed(machine).size())
        .sum();
  }

  /** Resident memory, where the system tells it. */
  private static String memory() {
    OptionalLong producer =
        ProcessHandle.current()
            .descendants()
            .filter(process -> process.info().command().orElse("").endsWith("java"))
            .filter(process -> process.info().commandLine().orElse("").contains(PRODUCER_JAR))
            .mapToLong(ProcessHandle::pid)
            .findFirst();
    if (producer.isEmpty()) {
      return "not known";
    }
    try {
      return Files.readAllLines(Path.of("/proc", "" + producer.getAsLong(), "status")).stream()
          .filter(line -> line.startsWith(RESIDENT))
          .map(line -> line.replaceAll("\\D", ""))
          .map(kilobytes -> Long.parseLong(kilobytes) / 1024 + " MB")
          .findFirst()
          .orElse("not known");
    } catch (IOException e) {
      return "not known";
    }
  }
}
