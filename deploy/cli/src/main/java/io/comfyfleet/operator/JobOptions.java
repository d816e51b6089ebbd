package io.comfyfleet.operator;

import io.comfyfleet.launch.ProducerClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a job can be told on the command line. */
final class JobOptions {
  @Option(names = "--type", paramLabel = "image|video", description = "What to make (image).")
  private @Nullable String type;

  @Option(names = "--template", paramLabel = "NAME", description = "Template (the type's own).")
  private @Nullable String template;

  @Option(
      names = "--param",
      paramLabel = "NAME=VALUE",
      description = "Parameter of the template; may be given several times.")
  private Map<String, String> params = new LinkedHashMap<>();

  @Option(names = "--priority", paramLabel = "1-10", description = "10 first (5).")
  private @Nullable Integer priority;

  @Option(names = "--lane", paramLabel = "LANE", description = "Lane (the type's own).")
  private @Nullable String lane;

  @Option(
      names = "--workflow",
      paramLabel = "FILE",
      description = "ComfyUI graph in API format instead of a prompt or template.")
  private @Nullable Path workflow;

  /** Whether any was given. */
  boolean any() {
    return type != null
        || template != null
        || !params.isEmpty()
        || priority != null
        || lane != null
        || workflow != null;
  }

  /** A job of these options; the producer says what is wrong with it. */
  ObjectNode job(@Nullable String prompt) {
    ObjectNode job = ProducerClient.JSON.createObjectNode();
    job.put("type", type == null ? "image" : type);
    if (prompt != null) {
      job.put("prompt", prompt);
    }
    if (template != null) {
      job.put("template", template);
    }
    if (!params.isEmpty()) {
      ObjectNode values = job.putObject("params");
      params.forEach(values::put);
    }
    if (priority != null) {
      job.put("priority", priority);
    }
    if (lane != null) {
      job.put("lane", lane);
    }
    if (workflow != null) {
      job.set("workflow", read(workflow));
    }
    return job;
  }

  /** The JSON of a file. */
  static JsonNode read(Path file) {
    try {
      return ProducerClient.JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new CommandStopped(Exit.REFUSED, "Cannot read " + file + ": " + reason(e));
    } catch (JacksonException e) {
      throw new CommandStopped(Exit.REFUSED, file + " is not JSON: " + e.getOriginalMessage());
    }
  }

  /** Why a file could not be read, in words. */
  static String reason(IOException e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException missing -> "there is no such file";
      case java.nio.file.AccessDeniedException denied -> "permission denied";
      default -> String.valueOf(e.getMessage());
    };
  }
}
