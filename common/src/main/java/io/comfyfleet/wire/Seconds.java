package io.comfyfleet.wire;

import io.comfyfleet.job.InvalidMessageException;
import java.time.Duration;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.ser.std.StdSerializer;

/** A duration as a number of seconds, which every language and n8n can write. */
final class Seconds {
  private Seconds() {}

  static final class Serializer extends StdSerializer<Duration> {
    Serializer() {
      super(Duration.class);
    }

    @Override
    public void serialize(Duration value, JsonGenerator out, SerializationContext context) {
      out.writeNumber(value.toSeconds());
    }
  }

  static final class Deserializer extends StdDeserializer<Duration> {
    Deserializer() {
      super(Duration.class);
    }

    @Override
    public Duration deserialize(JsonParser in, DeserializationContext context) {
      if (in.currentToken() != JsonToken.VALUE_NUMBER_INT
          && in.currentToken() != JsonToken.VALUE_NUMBER_FLOAT) {
        throw new InvalidMessageException(in.currentName(), "must be a number of seconds");
      }
      return Duration.ofMillis(Math.round(in.getDoubleValue() * 1000));
    }
  }
}
