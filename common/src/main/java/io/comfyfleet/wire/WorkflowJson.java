package io.comfyfleet.wire;

import io.comfyfleet.job.Workflow;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.ser.std.StdSerializer;

/** A graph stands on the wire as ComfyUI has it, keys untouched. */
final class WorkflowJson {
  private WorkflowJson() {}

  static final class Serializer extends StdSerializer<Workflow> {
    Serializer() {
      super(Workflow.class);
    }

    @Override
    public void serialize(Workflow value, JsonGenerator out, SerializationContext context) {
      context.writeValue(out, value.graph());
    }
  }

  static final class Deserializer extends StdDeserializer<Workflow> {
    Deserializer() {
      super(Workflow.class);
    }

    @Override
    public Workflow deserialize(JsonParser in, DeserializationContext context) {
      return Workflow.of(context.readValue(in, Object.class));
    }
  }
}
