package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.node.ObjectNode;

/** Changes the job of a dead letter: value by value, or in the operator's editor as git does. */
final class LetterEditor {
  private final Map<String, String> environment;

  LetterEditor(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * The job with values replaced. A name with points leads into the job ({@code params.seed}); a
   * value keeps the kind of the one it replaces.
   *
   * @throws CommandStopped when a name leads nowhere or a number is expected
   */
  static JsonNode with(JsonNode job, Map<String, String> values) {
    JsonNode copy = job.deepCopy();
    values.forEach((name, value) -> set(copy, name, value));
    return copy;
  }

  /** What an edit changed, as the producer wants it: new values, and null for what is gone. */
  static ObjectNode changes(JsonNode before, JsonNode after) {
    ObjectNode changes = ProducerClient.JSON.createObjectNode();
    before.propertyNames().stream().filter(name -> !after.has(name)).forEach(changes::putNull);
    after.properties().stream()
        .filter(each -> !each.getValue().equals(before.get(each.getKey())))
        .forEach(each -> changes.set(each.getKey(), each.getValue()));
    return changes;
  }

  /**
   * The job as the editor left it.
   *
   * @throws CommandStopped when there is no editor, it fails, or what it left is not JSON
   */
  JsonNode inEditor(JsonNode job) {
    String editor = editor();
    try {
      Path file = Files.createTempFile("fleet-dead-letter", ".json");
      Files.writeString(
          file,
          ProducerClient.JSON
                  .writer()
                  .with(SerializationFeature.INDENT_OUTPUT)
                  .writeValueAsString(job)
              + "\n");
      int status =
          new ProcessBuilder("sh", "-c", editor + " \"$1\"", "fleet", file.toString())
              .inheritIO()
              .start()
              .waitFor();
      if (status != 0) {
        throw new CommandStopped(
            Exit.FAILED, editor + " ended with " + status + "; nothing was replayed");
      }
      JsonNode edited = parsed(file);
      if (!edited.isObject()) {
        throw new CommandStopped(
            Exit.REFUSED, "A job is a JSON object; what you wrote is kept in " + file);
      }
      Files.delete(file);
      return edited;
    } catch (IOException e) {
      throw new CommandStopped(Exit.FAILED, "Cannot edit with " + editor + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandStopped(Exit.FAILED, "Interrupted while editing");
    }
  }

  private String editor() {
    for (String name : List.of("VISUAL", "EDITOR")) {
      String editor = environment.getOrDefault(name, "");
      if (!editor.isBlank()) {
        return editor;
      }
    }
    return "vi";
  }

  private static JsonNode parsed(Path file) throws IOException {
    try {
      return ProducerClient.JSON.readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new CommandStopped(
          Exit.REFUSED,
          "What you wrote is not JSON: " + e.getOriginalMessage() + "; it is kept in " + file);
    }
  }

  private static void set(JsonNode job, String name, String value) {
    String[] steps = name.split("\\.");
    JsonNode at = job;
    for (int i = 0; i < steps.length - 1; i++) {
      at = at.path(steps[i]);
    }
    if (!(at instanceof ObjectNode object)) {
      throw new CommandStopped(Exit.REFUSED, "The job has no part \"" + name + "\" to set.");
    }
    String last = steps[steps.length - 1];
    JsonNode old = object.path(last);
    if (old.isNumber() || old.isBoolean() || old.isContainer()) {
      object.set(last, ofSameKind(name, old, value));
    } else {
      object.put(last, value);
    }
  }

  private static JsonNode ofSameKind(String name, JsonNode old, String value) {
    try {
      JsonNode parsed = ProducerClient.JSON.readTree(value);
      if (parsed.getNodeType() == old.getNodeType()) {
        return parsed;
      }
    } catch (JacksonException e) {
      // told below with the same words as JSON of another kind
    }
    throw new CommandStopped(
        Exit.REFUSED,
        name
            + " is a "
            + old.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
            + ", cannot become \""
            + value
            + "\"");
  }
}
