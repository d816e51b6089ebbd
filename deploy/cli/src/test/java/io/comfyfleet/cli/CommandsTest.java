package io.comfyfleet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The operator's commands against a scripted server: what they send, print and end with. */
class CommandsTest {
  private static final String LETTERS =
      """
      {"total":2,"matching":2,"letters":[{"id":"l1","reason":"bad_workflow","lane":"image",
       "node":"n","attempts":3,"died_at":"2026-01-01T00:00:00Z","message":"no such node type"}]}
      """;

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer server;

  private record Answer(int status, String body) {}

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          String call = exchange.getRequestMethod() + " " + exchange.getRequestURI();
          String sent =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          calls.add(sent.isEmpty() ? call : call + " " + sent);
          Answer answer = answers.getOrDefault(call, new Answer(404, "nothing here"));
          byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @Test
  void jsonIsTheProducersOwn() {
    String body = "{\"nodes\":[],  \"news\":1}";
    answers.put("GET /api/nodes", new Answer(200, body));

    assertThat(fleet("nodes", "--json")).isZero();
    assertThat(out).hasToString(body + "\n");
  }

  @Test
  void problemBecomesOneSentenceWithFieldAndLimit() {
    answers.put(
        "POST /api/comfyui/dispatch",
        new Answer(
            400,
            """
            {"detail":"priority must be between 1 and 10, was 11","field":"priority",
             "limit":"between 1 and 10"}
            """));

    assertThat(fleet("submit", "--prompt", "a fox", "--priority", "11", "--param", "seed=7"))
        .isEqualTo(2);
    assertThat(err).hasToString("fleet: priority must be between 1 and 10, was 11\n");
    assertThat(calls)
        .containsExactly(
            "POST /api/comfyui/dispatch {\"type\":\"image\",\"prompt\":\"a fox\","
                + "\"params\":{\"seed\":\"7\"},\"priority\":11}");
  }

  @Test
  void statusTellsWhoseFaultItIs() {
    answers.put("GET /api/jobs/j", new Answer(404, "{\"detail\":\"There is no job j\"}"));
    answers.put(
        "GET /api/queues", new Answer(503, "{\"detail\":\"The database does not answer\"}"));
    answers.put("GET /api/templates", new Answer(500, "oops"));

    assertThat(fleet("jobs", "j")).isEqualTo(4);
    assertThat(fleet("queues")).isEqualTo(3);
    assertThat(fleet("templates")).isEqualTo(1);
    assertThat(fleet("runs", "--nonsense")).isEqualTo(2);
    assertThat(fleet("nosuch")).isEqualTo(2);
    assertThat(err.toString())
        .contains("There is no job j", "database does not answer", "answered 500", "--nonsense");
  }

  @Test
  void nobodyAnsweringIsToldWithTheRemedy() {
    server.stop(0);

    assertThat(fleet("nodes")).isEqualTo(3);
    assertThat(err.toString())
        .startsWith("fleet: No ComfyFleet producer answers at http://127.0.0.1:")
        .endsWith("; start one with ./fleet up or give --server\n");
    assertThat(execute("nodes", "--server", "gpu-box:8080")).isEqualTo(2);
  }

  @Test
  void waitingEndsWithTheOutcomeOfTheJob() {
    answers.put(
        "POST /api/comfyui/dispatch",
        new Answer(202, "{\"job_id\":\"j\",\"run_id\":\"r\",\"status\":\"queued\"}"));
    answers.put(
        "GET /api/jobs/j?wait=30",
        new Answer(
            200,
            """
            {"job_id":"j","run_id":"r","status":"failed",
             "result":{"error":{"code":"out_of_memory","message":"CUDA out of memory"}}}
            """));
    answers.put("GET /api/runs/r", new Answer(200, "{\"run_id\":\"r\",\"status\":\"failed\"}"));

    assertThat(fleet("submit", "--prompt", "a fox", "--wait")).isEqualTo(1);
    assertThat(out.toString()).contains("job j is failed", "out_of_memory: CUDA out of memory");
  }

  @Test
  void waitThatTakesTooLongIsNoFailureOfTheRun() {
    answers.put(
        "POST /api/runs",
        new Answer(202, "{\"run_id\":\"r\",\"status\":\"open\",\"counts\":{\"total\":1}}"));
    answers.put(
        "GET /api/runs/r?wait=0", new Answer(200, "{\"run_id\":\"r\",\"status\":\"open\"}"));

    assertThat(fleet("run", "--prompt-file", "src/test/resources/scenes.txt", "--timeout", "0"))
        .isEqualTo(5);
    assertThat(err.toString()).contains("run r has not ended after 0 s; it goes on");
    assertThat(calls.getFirst())
        .isEqualTo(
            "POST /api/runs {\"jobs\":[{\"type\":\"image\",\"prompt\":\"a red fox\"},"
                + "{\"type\":\"image\",\"prompt\":\"雪中的狐狸\"}]}");
  }

  @Test
  void wordsToANodeAreSentAsTheApiWantsThem() {
    answers.put("POST /api/nodes/n1/drain?keep=true", new Answer(202, "{}"));
    answers.put("PATCH /api/nodes/n1", new Answer(202, "{}"));

    assertThat(fleet("node", "drain", "n1", "--keep")).isZero();
    assertThat(fleet("node", "slots", "n1", "2")).isZero();
    assertThat(fleet("node", "lanes", "n1", "image=1,video=2", "--keep")).isZero();
    assertThat(calls)
        .containsExactly(
            "POST /api/nodes/n1/drain?keep=true",
            "PATCH /api/nodes/n1 {\"slots\":2}",
            "PATCH /api/nodes/n1 {\"lanes\":{\"image\":1,\"video\":2},\"keep\":true}");
  }

  @Test
  void launcherPassesEveryCommandOn() throws IOException {
    List<String> known =
        Files.readAllLines(Path.of("../../fleet")).stream()
            .filter(line -> line.matches("  [a-z-].*\\)"))
            .flatMap(line -> Stream.of(line.replaceAll("[ )]", "").split("\\|")))
            .toList();

    assertThat(known).containsAll(FleetCommand.commandLine().getSubcommands().keySet());
  }

  @Test
  void lanesAreListedDeclaredAndRemoved() {
    answers.put(
        "GET /api/lanes",
        new Answer(
            200,
            """
            {"lanes":[{"lane":"image","queue":"fleet.jobs.image","configured":true,
              "served_by":["gpu-1"]},
             {"lane":"image.flux","queue":"fleet.jobs.image.flux","configured":false,
              "served_by":[]}]}
            """));
    answers.put("POST /api/lanes", new Answer(201, "{\"lane\":\"image.flux\"}"));
    answers.put("DELETE /api/lanes/image.flux", new Answer(204, ""));
    answers.put("DELETE /api/lanes/image", new Answer(409, "{\"detail\":\"It is configured\"}"));

    assertThat(fleet("lanes")).isZero();
    assertThat(out.toString())
        .containsPattern("image +fleet.jobs.image +configuration +gpu-1")
        .containsPattern("image.flux +fleet.jobs.image.flux +API");
    assertThat(fleet("lanes", "--add", "image.flux")).isZero();
    assertThat(calls.getLast()).isEqualTo("POST /api/lanes {\"lane\":\"image.flux\"}");
    assertThat(fleet("lanes", "--remove", "image.flux")).isZero();
    assertThat(fleet("lanes", "--remove", "image")).isEqualTo(2);
    assertThat(fleet("lanes", "--add", "a", "--remove", "b")).isEqualTo(2);
  }

  @Test
  void manyLettersAreTouchedOnlyWithConsent() {
    answers.put("GET /api/dead-letters?limit=1&reason=bad_workflow", new Answer(200, LETTERS));
    answers.put(
        "POST /api/dead-letters/replay",
        new Answer(200, "{\"replayed\":1,\"skipped\":[{\"id\":\"l2\",\"why\":\"gone\"}]}"));

    assertThat(fleet("dead", "replay", "--reason", "bad_workflow")).isEqualTo(2);
    assertThat(err.toString()).contains("Replay 2 dead letters? Say so with --yes.");
    assertThat(fleet("dead", "discard")).isEqualTo(2);
    assertThat(calls).noneMatch(call -> call.startsWith("POST"));

    assertThat(fleet("dead", "replay", "--reason", "bad_workflow", "--yes")).isEqualTo(1);
    assertThat(calls.getLast())
        .isEqualTo("POST /api/dead-letters/replay {\"filter\":{\"reason\":\"bad_workflow\"}}");
    assertThat(out.toString()).contains("1 replayed, 1 left:", "l2: gone");
    assertThat(fleet("dead", "replay", "l1", "--even-cancelled")).isEqualTo(1);
    assertThat(calls.getLast())
        .isEqualTo("POST /api/dead-letters/replay {\"ids\":[\"l1\"],\"even_cancelled\":true}");
  }

  @Test
  void letterIsEditedAndReplayedOnlyWhenSomethingChanged() {
    answers.put(
        "GET /api/dead-letters/l1",
        new Answer(200, "{\"id\":\"l1\",\"payload\":{\"prompt\":\"a fox\",\"priority\":5}}"));
    answers.put("POST /api/dead-letters/l1/replay", new Answer(200, "{}"));

    assertThat(fleet("dead", "edit", "l1", "--set", "prompt=a fox")).isEqualTo(2);
    assertThat(err.toString()).contains("Nothing was changed");
    assertThat(fleet("dead", "edit", "l1", "--set", "priority=9")).isZero();
    assertThat(calls.getLast())
        .isEqualTo("POST /api/dead-letters/l1/replay {\"job\":{\"priority\":9}}");
  }

  @Test
  void lettersAreListedDiscardedAndExported() {
    answers.put("GET /api/dead-letters?limit=1&offset=0&lane=image", new Answer(200, LETTERS));
    answers.put("DELETE /api/dead-letters/l1", new Answer(204, ""));
    answers.put("GET /api/dead-letters/export", new Answer(200, "{\"id\":1}\n{\"id\":2}\n"));

    assertThat(fleet("dead", "list", "--lane", "image", "--limit", "1")).isZero();
    assertThat(out.toString())
        .contains("bad_workflow", "no such node type", "1 to 1 of 2; the next with --offset 1");
    answers.put(
        "GET /api/dead-letters/groups?lane=image",
        new Answer(200, "{\"total\":7,\"groups\":[{\"reason\":\"no_capable_node\",\"count\":7}]}"));
    assertThat(fleet("dead", "groups", "--lane", "image")).isZero();
    assertThat(out.toString()).containsPattern("no_capable_node +7");
    assertThat(fleet("dead", "discard", "l1")).isZero();
    assertThat(fleet("dead", "export")).isZero();
    assertThat(out.toString()).endsWith("{\"id\":1}\n{\"id\":2}\n");
  }

  @Test
  void completionKnowsCommandsAndOptions() {
    assertThat(execute("completion", "bash")).isZero();

    assertThat(out.toString()).contains("complete -F _complete_fleet", "--prompt-file", "discard");
  }

  @Test
  void helpListsEveryCommand() {
    assertThat(execute("help")).isZero();

    assertThat(out.toString()).contains("submit", "dead", "templates", "completion", "Exit status");
  }

  private int fleet(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.add("--server");
    all.add("http://127.0.0.1:" + server.getAddress().getPort());
    return execute(all.toArray(String[]::new));
  }

  private int execute(String... words) {
    CommandLine line = FleetCommand.commandLine(words);
    return line.setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }
}
