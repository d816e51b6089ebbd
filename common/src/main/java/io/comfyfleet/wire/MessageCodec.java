package io.comfyfleet.wire;

import io.comfyfleet.job.DeadLettered;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.RunCompleted;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.node.ControlMessage;
import io.comfyfleet.node.FleetEvent;
import io.comfyfleet.node.Heartbeat;
import io.comfyfleet.node.JobProgress;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;

/**
 * Records to JSON and back. Thread-safe. Messages carry {@code version} {@value #VERSION}; a reader
 * ignores fields it does not know and refuses a newer version.
 */
public final class MessageCodec {
  /** Version of the contract. */
  public static final int VERSION = 1;

  /** Nothing larger goes onto the broker, in bytes. Files travel by reference. */
  public static final int MAX_BYTES = 1024 * 1024;

  private static final int HISTORY_BYTES = 16 * 1024;

  private static final Map<String, Class<? extends FleetEvent>> EVENTS =
      Map.of("heartbeat", Heartbeat.class, "progress", JobProgress.class);
  private static final Map<String, Class<? extends ControlMessage>> CONTROLS =
      Map.of(
          "pause", ControlMessage.Pause.class,
          "lanes", ControlMessage.Lanes.class,
          "resume", ControlMessage.Resume.class,
          "drain", ControlMessage.Drain.class,
          "slots", ControlMessage.Slots.class,
          "cancel", ControlMessage.Cancel.class,
          "cancel_run", ControlMessage.CancelRun.class,
          "defer", ControlMessage.Defer.class,
          "done", ControlMessage.Done.class,
          "who_has", ControlMessage.WhoHas.class);

  private final JsonMapper mapper = mapper();

  /**
   * The mapper of the contract: snake_case, durations as whole seconds, instants as ISO-8601,
   * absent instead of null. For HTTP bodies that share records with the messages.
   */
  public static JsonMapper mapper() {
    SimpleModule contract = new SimpleModule("comfyfleet");
    contract.addSerializer(Duration.class, new Seconds.Serializer());
    contract.addDeserializer(Duration.class, new Seconds.Deserializer());
    contract.addSerializer(Workflow.class, new WorkflowJson.Serializer());
    contract.addDeserializer(Workflow.class, new WorkflowJson.Deserializer());
    contract.addDeserializer(JobType.class, WireNames.reader(JobType.class, JobType::of));
    contract.addDeserializer(ErrorCode.class, WireNames.reader(ErrorCode.class, ErrorCode::of));
    return JsonMapper.builder()
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .enumNamingStrategy(EnumNamingStrategies.SNAKE_CASE)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
        .changeDefaultPropertyInclusion(inclusion ->
            inclusion.withValueInclusion(
                com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL))
        .addModule(contract)
        .build();
  }

  /**
   * A job as bytes.
   *
   * @throws InvalidMessageException when the message, its history not counted, would exceed {@link
   *     #MAX_BYTES}
   */
  public byte[] encode(Job job) {
    // What was accepted must not become too large by failing.
    return bytes("job", versioned(job), MAX_BYTES + job.attempts().size() * HISTORY_BYTES);
  }

  /** A result as bytes. */
  public byte[] encode(Result result) {
    return bytes("result", versioned(result));
  }

  /**
   * A run's end as bytes. Leaves the results out, for the reader to fetch from {@code results_url},
   * when they would exceed {@link #MAX_BYTES}.
   */
  public byte[] encode(RunCompleted run) {
    byte[] whole = mapper.writeValueAsBytes(versioned(run));
    if (whole.length <= MAX_BYTES) {
      return whole;
    }
    ObjectNode short_ = versioned(run);
    short_.remove("results");
    return bytes("run", short_);
  }

  /** Word of a dead letter as bytes. */
  public byte[] encode(DeadLettered event) {
    return bytes("dead letter event", versioned(event));
  }

  /** An event as bytes. */
  public byte[] encode(FleetEvent event) {
    return bytes("event", kinded(event, kindOf(EVENTS, event.getClass())));
  }

  /** A control message as bytes. */
  public byte[] encode(ControlMessage control) {
    return bytes("control", kinded(control, kindOf(CONTROLS, control.getClass())));
  }

  /**
   * A job from bytes.
   *
   * @throws UnreadableMessageException when it is none
   */
  public Job decodeJob(byte[] body) {
    return decode(body, "job", Job.class);
  }

  /**
   * A result from bytes.
   *
   * @throws UnreadableMessageException when it is none
   */
  public Result decodeResult(byte[] body) {
    return decode(body, "result", Result.class);
  }

  /**
   * A run's end from bytes.
   *
   * @throws UnreadableMessageException when it is none
   */
  public RunCompleted decodeRunCompleted(byte[] body) {
    return decode(body, "run", RunCompleted.class);
  }

  /**
   * Word of a dead letter from bytes.
   *
   * @throws UnreadableMessageException when it is none
   */
  public DeadLettered decodeDeadLettered(byte[] body) {
    return decode(body, "dead letter event", DeadLettered.class);
  }

  /**
   * An event from bytes.
   *
   * @throws UnreadableMessageException when it is none, or of a kind that this version does not
   *     know
   */
  public FleetEvent decodeEvent(byte[] body) {
    return decodeKind(body, "event", EVENTS);
  }

  /**
   * A control message from bytes.
   *
   * @throws UnreadableMessageException when it is none, or of a kind that this version does not
   *     know
   */
  public ControlMessage decodeControl(byte[] body) {
    return decodeKind(body, "control message", CONTROLS);
  }

  private ObjectNode versioned(Object message) {
    ObjectNode json = mapper.createObjectNode().put("version", VERSION);
    json.setAll((ObjectNode) mapper.<JsonNode>valueToTree(message));
    return json;
  }

  private ObjectNode kinded(Object message, String kind) {
    ObjectNode json = mapper.createObjectNode().put("version", VERSION).put("kind", kind);
    json.setAll((ObjectNode) mapper.<JsonNode>valueToTree(message));
    return json;
  }

  private byte[] bytes(String what, ObjectNode json) {
    return bytes(what, json, MAX_BYTES);
  }

  private byte[] bytes(String what, ObjectNode json, int limit) {
    byte[] bytes = mapper.writeValueAsBytes(json);
    if (bytes.length > limit) {
      throw new InvalidMessageException(
          what,
          "must be at most "
              + limit
              + " bytes as JSON, was "
              + bytes.length
              + ": pass large data as inputs, by url or artifact");
    }
    return bytes;
  }

  private <T> T decode(byte[] body, String what, Class<T> type) {
    return read(tree(body, what), what, type);
  }

  private <T> T decodeKind(byte[] body, String what, Map<String, Class<? extends T>> kinds) {
    JsonNode json = tree(body, what);
    String kind = json.path("kind").asString("");
    Class<? extends T> type = kinds.get(kind);
    if (type == null) {
      throw new UnreadableMessageException(
          "A " + what + " has the unknown kind \"" + kind + "\"", "kind", null);
    }
    return read(json, what, type);
  }

  private JsonNode tree(byte[] body, String what) {
    JsonNode json;
    try {
      json = mapper.readTree(body);
    } catch (JacksonException e) {
      throw new UnreadableMessageException(
          "A " + what + " is not JSON: " + e.getOriginalMessage(), null, e);
    }
    if (!json.isObject()) {
      throw new UnreadableMessageException("A " + what + " must be a JSON object", null, null);
    }
    int version = json.path("version").asInt(VERSION);
    if (version > VERSION) {
      throw new UnreadableMessageException(
          "A " + what + " has version " + version + "; this program reads up to " + VERSION,
          "version",
          null);
    }
    return json;
  }

  private <T> T read(JsonNode json, String what, Class<T> type) {
    try {
      return mapper.treeToValue(json, type);
    } catch (InvalidMessageException e) {
      throw new UnreadableMessageException(
          "A " + what + " is not valid: " + e.getMessage(), e.field(), e);
    } catch (JacksonException e) {
      InvalidMessageException invalid = invalid(e);
      throw new UnreadableMessageException(
          "A "
              + what
              + " is not valid: "
              + (invalid == null ? path(e) + ": " + e.getOriginalMessage() : invalid.getMessage()),
          invalid == null ? path(e) : invalid.field(),
          e);
    }
  }

  private static @Nullable InvalidMessageException invalid(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof InvalidMessageException invalid) {
        return invalid;
      }
    }
    return null;
  }

  private static String path(JacksonException e) {
    StringBuilder path = new StringBuilder();
    for (JacksonException.Reference step : e.getPath()) {
      if (step.getPropertyName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
      }
    }
    return path.toString();
  }

  private static <T> String kindOf(Map<String, Class<? extends T>> kinds, Class<?> type) {
    return kinds.entrySet().stream()
        .filter(entry -> entry.getValue() == type)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }
}
