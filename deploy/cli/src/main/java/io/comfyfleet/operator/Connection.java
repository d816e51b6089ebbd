package io.comfyfleet.operator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.function.BiConsumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** The options that every operator's command has, and where it prints. */
final class Connection {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:FLEET_URL:-http://127.0.0.1:8080}",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
      description = "The producer (FLEET_URL, else http://127.0.0.1:8080).")
  private URI server;

  @Option(names = "--json", description = "Prints the producer's JSON as it is.")
  private boolean json;

  private final Terminal terminal = Terminal.current();

  Api api() {
    return new Api(server);
  }

  URI server() {
    return server;
  }

  Terminal terminal() {
    return terminal;
  }

  boolean json() {
    return json;
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Prints an answer: as it is when JSON is wanted, else as {@code rendering} shows it. */
  int show(String body, BiConsumer<JsonNode, PrintWriter> rendering) {
    if (json) {
      out().println(body);
    } else {
      rendering.accept(Api.json(body), out());
    }
    out().flush();
    return Exit.OK.code();
  }

  /** Prints a table, or a sentence when it has no rows. */
  void print(Table table, String whenEmpty) {
    out().println(table.isEmpty() ? whenEmpty : table.render(terminal));
  }

  /**
   * Asks before something that cannot be undone.
   *
   * @param yes whether the command line has the answer
   * @param question without its question mark
   * @throws CommandStopped when nobody can be asked, or the answer is no
   */
  void confirm(boolean yes, String question) {
    if (yes) {
      return;
    }
    if (!terminal.input()) {
      throw new CommandStopped(Exit.REFUSED, question + "? Say so with --yes.");
    }
    err().print(question + "? [y/N] ");
    err().flush();
    String answer;
    try {
      answer =
          new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    } catch (IOException e) {
      answer = null;
    }
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).startsWith("y")) {
      throw new CommandStopped(Exit.REFUSED, "Nothing was done.");
    }
  }
}
