package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.Job;
import io.comfyfleet.producer.run.PublicAddress;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes the command that submits a letter's job as a new one. */
@Component
class Reproduction {
  private final PublicAddress address;
  private final JsonMapper mapper;

  Reproduction(PublicAddress address, JsonMapper mapper) {
    this.address = address;
    this.mapper = mapper;
  }

  /** For a POSIX shell; the body stands in it whole, however long it is. */
  String command(Job job) {
    ObjectNode request = mapper.createObjectNode();
    request.put("type", job.type().wireName());
    request.put("lane", job.lane());
    request.put("priority", job.priority());
    request.set("workflow", mapper.valueToTree(job.workflow()));
    if (!job.inputs().isEmpty()) {
      request.set("inputs", mapper.valueToTree(job.inputs()));
    }
    request.put("timeout", job.timeout().toSeconds());
    request.put("max_attempts", job.maxAttempts());
    if (!job.metadata().isEmpty()) {
      request.set("metadata", mapper.valueToTree(job.metadata()));
    }
    // Quoted end: the shell changes nothing in between. JSON has no line of its own like it.
    return "curl -sS -X POST "
        + address.of("/api/comfyui/dispatch")
        + " -H 'Content-Type: application/json' --data-binary @- <<'END_OF_JOB'\n"
        + mapper.writeValueAsString(request)
        + "\nEND_OF_JOB\n";
  }
}
