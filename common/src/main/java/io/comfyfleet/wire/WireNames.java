package io.comfyfleet.wire;

import java.util.function.Function;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;

/** Reads an enum by a function of its own, for a better refusal than "not one of the values". */
final class WireNames {
  private WireNames() {}

  static <T> StdDeserializer<T> reader(Class<T> type, Function<String, T> of) {
    return new StdDeserializer<T>(type) {
      @Override
      public T deserialize(JsonParser in, DeserializationContext context) {
        return of.apply(in.getValueAsString(""));
      }
    };
  }
}
