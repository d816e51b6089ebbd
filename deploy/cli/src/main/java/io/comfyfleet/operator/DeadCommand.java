package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The dead letters: looks at them, sends them again, or throws them away. */
@Command(
    name = "dead",
    mixinStandardHelpOptions = true,
    description = "Looks at dead letters, sends them again, or throws them away.",
    synopsisSubcommandLabel = "(list | groups | show | replay | edit | discard | export)")
public final class DeadCommand {
  private static final String LETTERS = LetterChoice.LETTERS;

  /** Made by the command line only. */
  public DeadCommand() {}

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists dead letters.")
  int list(@Mixin LetterFilter filter, @Mixin PageOptions page, @Mixin Connection connection) {
    return connection.show(
        connection.api().get(filter.addedTo(page.query()).at(LETTERS)),
        (answer, out) -> {
          Instant now = Instant.now();
          Table table =
              new Table(
                  List.of("LETTER", "REASON", "LANE", "NODE", ">TRIES", ">DIED", "MESSAGE"),
                  Set.of("MESSAGE", "NODE", "LANE"));
          for (JsonNode letter : answer.path("letters").values()) {
            table.row(
                Words.text(letter.path("id")),
                Words.text(letter.path("reason")),
                Words.text(letter.path("lane")),
                Words.text(letter.path("node")),
                Words.text(letter.path("attempts")),
                Words.age(letter.path("died_at"), now),
                Words.text(letter.path("message")));
          }
          connection.print(table, "No dead letters.");
          page.more(answer, "letters", out);
        });
  }

  @Command(
      name = "groups",
      mixinStandardHelpOptions = true,
      description = "Counts dead letters by reason.")
  int groups(@Mixin LetterFilter filter, @Mixin Connection connection) {
    return connection.show(
        connection.api().get(filter.query().at(LETTERS + "/groups")),
        (answer, out) -> {
          Instant now = Instant.now();
          Table table =
              new Table(
                  List.of("REASON", ">LETTERS", ">OLDEST", ">NEWEST", "MESSAGE"),
                  Set.of("MESSAGE"));
          for (JsonNode group : answer.path("groups").values()) {
            table.row(
                Words.text(group.path("reason")),
                Words.text(group.path("count")),
                Words.age(group.path("oldest"), now),
                Words.age(group.path("newest"), now),
                Words.text(group.path("message")));
          }
          connection.print(table, "No dead letters.");
        });
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows one with its payload, history, and how to reproduce it.")
  int show(
      @Parameters(paramLabel = "ID", description = "Id of a dead letter.") String id,
      @Mixin Connection connection) {
    return connection.show(connection.api().get(letter(id)), DeadCommand::detail);
  }

  @Command(
      name = "replay",
      mixinStandardHelpOptions = true,
      description = "Sends dead letters again as new attempts.")
  int replay(
      @Mixin LetterChoice choice,
      @Option(
              names = "--even-cancelled",
              description = "Also those whose job or run was cancelled.")
          boolean evenCancelled,
      @Mixin Connection connection) {
    String answer =
        choice.act(
            connection,
            "replay",
            body -> {
              if (evenCancelled) {
                body.put("even_cancelled", true);
              }
            });
    return report(connection, answer, "replayed");
  }

  @Command(
      name = "edit",
      mixinStandardHelpOptions = true,
      description = "Changes the job of one in $VISUAL or $EDITOR, or by --set, and replays it.")
  int edit(
      @Parameters(paramLabel = "ID", description = "Id of a dead letter.") String id,
      @Option(
              names = "--set",
              paramLabel = "NAME=VALUE",
              description = "Such as prompt=\"a fox\" or params.steps=20; no editor is opened.")
          @Nullable Map<String, String> values,
      @Mixin Connection connection) {
    JsonNode job = payload(Api.json(connection.api().get(letter(id))));
    JsonNode edited =
        values == null
            ? new LetterEditor(System.getenv()).inEditor(job)
            : LetterEditor.with(job, new LinkedHashMap<>(values));
    ObjectNode changes = LetterEditor.changes(job, edited);
    if (changes.isEmpty()) {
      throw new CommandStopped(Exit.REFUSED, "Nothing was changed, so nothing was replayed.");
    }
    String body = ProducerClient.JSON.createObjectNode().set("job", changes).toString();
    return connection.show(
        connection.api().post(letter(id) + "/replay", body),
        (answer, out) -> out.println("dead letter " + id + " was changed and replayed"));
  }

  @Command(
      name = "discard",
      mixinStandardHelpOptions = true,
      description = "Throws dead letters away for good.")
  int discard(@Mixin LetterChoice choice, @Mixin Connection connection) {
    if (choice.ids().size() == 1) {
      String id = choice.ids().getFirst();
      String answer = connection.api().delete(letter(id));
      if (connection.json()) {
        connection.out().println(answer.isEmpty() ? "{}" : answer);
      } else {
        connection.out().println("dead letter " + id + " was thrown away");
      }
      connection.out().flush();
      return Exit.OK.code();
    }
    return report(connection, choice.act(connection, "discard", body -> {}), "discarded");
  }

  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      description = "Prints dead letters as JSON lines.")
  int export(@Mixin LetterFilter filter, @Mixin Connection connection) {
    PrintWriter out = connection.out();
    connection.api().lines(filter.query().at(LETTERS + "/export"), out::println);
    out.flush();
    return Exit.OK.code();
  }

  /** Says how many, and why some were left; exit status 1 when some were. */
  private static int report(Connection connection, String body, String done) {
    JsonNode answer = Api.json(body);
    JsonNode skipped = answer.path("skipped");
    connection.show(
        body,
        (json, out) -> {
          out.println(
              Words.text(json.path(done))
                  + " "
                  + done
                  + (skipped.isEmpty() ? "" : ", " + skipped.size() + " left:"));
          for (JsonNode each : skipped.values()) {
            out.println("  " + Words.text(each.path("id")) + ": " + Words.text(each.path("why")));
          }
        });
    return (skipped.isEmpty() ? Exit.OK : Exit.FAILED).code();
  }

  private static void detail(JsonNode letter, PrintWriter out) {
    letter
        .properties()
        .forEach(each -> {
          JsonNode value = each.getValue();
          if (value.isContainer()) {
            out.println(each.getKey() + ":");
            value.toPrettyString().lines().forEach(line -> out.println("  " + line));
          } else if (!value.isNull()) {
            out.println(each.getKey() + ": " + Words.text(value));
          }
        });
  }

  /** The job inside; producers may send it as JSON or as its text. */
  private static JsonNode payload(JsonNode letter) {
    JsonNode payload = letter.path("payload");
    JsonNode job = payload.isString() ? Api.json(payload.asString()) : payload;
    if (!job.isObject()) {
      throw new CommandStopped(
          Exit.REFUSED, "The dead letter holds no job that can be edited; see ./fleet dead show");
    }
    return job;
  }

  private static String letter(String id) {
    return LETTERS + "/" + Api.encoded(id);
  }
}
