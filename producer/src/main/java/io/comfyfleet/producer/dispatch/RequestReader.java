package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.job.Workflow;
import io.comfyfleet.wire.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads requests from bytes: strict about types, silent about fields that it does not know. */
@Component
class RequestReader {
  private static final int MOST_INPUTS = 64;
  private static final int METADATA_BYTES = 16 * 1024;

  private final JsonMapper mapper;
  private final FlatBody flat;

  RequestReader(JsonMapper mapper, FlatBody flat) {
    this.mapper = mapper;
    this.flat = flat;
  }

  /**
   * One job.
   *
   * @throws InvalidMessageException naming the field, {@code body} when it is no JSON object
   */
  JobRequest job(byte[] body) {
    return job(fields(body));
  }

  /**
   * One job of a known type, with the template's parameters beside its fields.
   *
   * @throws InvalidMessageException naming the field, {@code body} when it is no JSON object,
   *     {@code type} when it names another one
   */
  JobRequest flatJob(JobType type, byte[] body) {
    Fields fields = fields(body);
    return job(new Fields(flat.job(type, fields), mapper));
  }

  /**
   * A whole run.
   *
   * @throws InvalidMessageException naming the field, {@code body} when it is no JSON object
   */
  RunRequest run(byte[] body) {
    Fields fields = fields(body);
    List<JobRequest> jobs = fields.objects("jobs", Job.MAX_RUN_SIZE, this::job);
    if (jobs.isEmpty()) {
      throw new InvalidMessageException(
          "jobs", "must hold between 1 and " + Job.MAX_RUN_SIZE + " jobs, was empty or missing");
    }
    Integer need = fields.integer("need");
    if (need != null && (need < 1 || need > jobs.size())) {
      throw new InvalidMessageException(
          "need", "must be between 1 and " + jobs.size() + " (the number of jobs), was " + need);
    }
    return new RunRequest(
        fields.text("run_id"),
        jobs,
        need,
        fields.seconds("deadline"),
        fields.uri("callback_url"),
        metadata(fields));
  }

  private Fields fields(byte[] body) {
    JsonNode json;
    try {
      json = mapper.readTree(body);
    } catch (JacksonException e) {
      throw new InvalidMessageException("body", "is not JSON: " + e.getOriginalMessage());
    }
    if (!(json instanceof ObjectNode object)) {
      throw new InvalidMessageException("body", "must be a JSON object");
    }
    Fields fields = new Fields(object, mapper);
    Integer version = fields.integer("version");
    if (version != null && version > MessageCodec.VERSION) {
      throw new InvalidMessageException(
          "version", "must be at most " + MessageCodec.VERSION + ", was " + version);
    }
    return fields;
  }

  private JobRequest job(Fields fields) {
    JobType type = JobType.of(fields.text("type"));
    String prompt = fields.text("prompt");
    String template = fields.name("template");
    Map<String, @Nullable Object> params = fields.map("params");
    Object graph = fields.any("workflow");
    if (graph != null && (prompt != null || template != null || !params.isEmpty())) {
      throw new InvalidMessageException(
          "workflow",
          "excludes prompt, template and params: give a whole graph or let one be made");
    }
    if (graph == null && prompt == null && template == null && params.isEmpty()) {
      throw new InvalidMessageException(
          "prompt", "is missing: give prompt, template with params, or workflow");
    }
    return new JobRequest(
        type,
        prompt,
        template,
        params,
        graph == null ? null : Workflow.of(graph),
        fields.integer("priority"),
        fields.text("lane"),
        fields.uuid("job_id"),
        fields.text("run_id"),
        fields.integer("run_size"),
        fields.integer("index"),
        fields.objects("inputs", MOST_INPUTS, RequestReader::input),
        fields.texts("depends_on", MOST_INPUTS),
        fields.name("key"),
        fields.seconds("timeout"),
        fields.seconds("expires_in"),
        fields.integer("max_attempts"),
        fields.uri("callback_url"),
        metadata(fields));
  }

  private static JobRequest.InputRequest input(Fields fields) {
    String name = fields.name("name");
    if (name == null) {
      throw new InvalidMessageException("name", "is missing");
    }
    JobRequest.InputRequest input =
        new JobRequest.InputRequest(
            name, fields.uri("url"), fields.uuid("artifact"), fields.name("job"));
    int sources =
        (input.url() == null ? 0 : 1)
            + (input.artifact() == null ? 0 : 1)
            + (input.job() == null ? 0 : 1);
    if (sources != 1) {
      throw new InvalidMessageException(
          "url", "or artifact or job must be given, exactly one of them; was " + sources);
    }
    return input;
  }

  private Map<String, @Nullable Object> metadata(Fields fields) {
    Map<String, @Nullable Object> metadata = fields.map("metadata");
    int bytes = mapper.writeValueAsString(metadata).getBytes(StandardCharsets.UTF_8).length;
    if (bytes > METADATA_BYTES) {
      throw new InvalidMessageException(
          "metadata", "must be at most " + METADATA_BYTES + " bytes as JSON, was " + bytes);
    }
    return metadata;
  }
}
