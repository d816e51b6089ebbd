package io.comfyfleet.operator;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Query parameters; those without a value are left out. */
final class Query {
  private final List<String> pairs = new ArrayList<>();

  Query with(String name, @Nullable Object value) {
    if (value != null) {
      pairs.add(name + "=" + Api.encoded(value.toString()));
    }
    return this;
  }

  /** The path with the parameters behind it. */
  String at(String path) {
    return pairs.isEmpty() ? path : path + "?" + String.join("&", pairs);
  }
}
