package io.comfyfleet.simulator.execution;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Results by input signature. Keeps the 400 used last. Event loop only. */
final class NodeCache {
  private static final int MOST = 400;

  private final Map<String, NodeResult> results =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, NodeResult> eldest) {
          return size() > MOST;
        }
      };

  @Nullable NodeResult get(String signature) {
    return results.get(signature);
  }

  void put(String signature, NodeResult result) {
    results.put(signature, result);
  }

  void clear() {
    results.clear();
  }
}
