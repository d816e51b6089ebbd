package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.wire.MessageCodec;
import io.comfyfleet.wire.UnreadableMessageException;
import java.util.List;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Changes messages as operators say: a field replaces the one of its name, null removes it. */
@Component
class Edits {
  /** What makes a job that job, and what a replay begins anew. */
  private static final List<String> FIXED =
      List.of("version", "job_id", "run_id", "run_size", "index", "created_at", "replay");

  private final MessageCodec codec;
  private final JsonMapper mapper;

  Edits(MessageCodec codec, JsonMapper mapper) {
    this.codec = codec;
    this.mapper = mapper;
  }

  /**
   * The job, changed.
   *
   * @throws InvalidMessageException naming the field that cannot be changed or is wrong
   */
  Job of(Job job, ObjectNode edit) {
    ObjectNode json = (ObjectNode) mapper.readTree(codec.encode(job));
    for (String field : FIXED) {
      JsonNode asked = edit.get(field);
      if (asked != null && !asked.equals(json.path(field))) {
        throw new InvalidMessageException(
            field, "cannot be changed, is " + json.path(field) + "; was " + asked);
      }
    }
    apply(json, edit);
    try {
      return codec.decodeJob(mapper.writeValueAsBytes(json));
    } catch (UnreadableMessageException e) {
      String field = e.field() == null ? "job" : e.field();
      throw new InvalidMessageException(field, "is wrong after the edit: " + e.getMessage());
    }
  }

  /** A request, changed; the edit alone when the body is no JSON object. */
  byte[] merged(byte[] body, ObjectNode edit) {
    ObjectNode json = mapper.createObjectNode();
    try {
      if (mapper.readTree(body) instanceof ObjectNode object) {
        json = object;
      }
    } catch (JacksonException e) {
      // Unreadable: the edit is the whole.
    }
    apply(json, edit);
    return mapper.writeValueAsBytes(json);
  }

  private static void apply(ObjectNode json, ObjectNode edit) {
    for (var field : edit.properties()) {
      if (field.getValue().isNull()) {
        json.remove(field.getKey());
      } else {
        json.set(field.getKey(), field.getValue());
      }
    }
  }
}
