package io.comfyfleet.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * Runs the operator's commands once against answers of its own, so that the JVM can note which
 * classes they need. The launcher starts it after a build to make the cache that later starts use;
 * see docs/cli.md.
 */
public final class Rehearsal {
  private static final String ANSWER =
      """
      {"total":1,"matching":1,"status":"completed","run_id":"r","counts":{"total":1},
       "nodes":[{"id":"n","status":"online","slots":1,"jobs":[],"lanes":{"image":1},
         "processing_speed":1.5,"last_heartbeat":"2026-01-01T00:00:00Z"}],
       "jobs":[{"job_id":"j","index":0,"status":"running","progress":0.5,
         "created_at":"2026-01-01T00:00:00Z"}],
       "runs":[{"run_id":"r","status":"open","counts":{"total":1}}],
       "lanes":[{"lane":"image","waiting":1,"served_by":["n"]}],
       "letters":[{"id":"d","reason":"r","died_at":"2026-01-01T00:00:00Z"}],
       "templates":[{"name":"t","type":"image","parameters":{"seed":{"type":"integer"}}}]}
      """;
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("nodes"),
          List.of("nodes", "--json"),
          List.of("jobs"),
          List.of("runs"),
          List.of("runs", "r"),
          List.of("queues"),
          List.of("lanes"),
          List.of("templates"),
          List.of("dead", "list"),
          List.of("node", "pause", "n"),
          List.of("node", "slots", "n", "1"),
          List.of("submit", "--prompt", "p"));

  private Rehearsal() {}

  /** Runs all commands; nothing is printed. */
  public static void main(String[] arguments) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = ANSWER.getBytes(StandardCharsets.UTF_8);
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    String address = "http://127.0.0.1:" + server.getAddress().getPort();
    try {
      for (List<String> command : COMMANDS) {
        List<String> words = new ArrayList<>(command);
        words.add("--server");
        words.add(address);
        String[] all = words.toArray(String[]::new);
        execute(all);
      }
      execute("help");
    } finally {
      server.stop(0);
    }
  }

  private static void execute(String... words) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    CommandLine line = FleetCommand.commandLine(words).setOut(nowhere).setErr(nowhere);
    line.execute(words);
  }
}
