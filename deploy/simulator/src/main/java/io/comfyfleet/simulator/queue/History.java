package io.comfyfleet.simulator.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The finished prompts of one server life, oldest first, at most 10 000. Event loop only. */
public final class History {
  private static final int LONGEST = 10_000;

  private final Map<String, ObjectNode> entries = new LinkedHashMap<>();

  /** Adds an entry, replacing an earlier one of the same id. */
  public void put(String id, ObjectNode entry) {
    if (entries.size() >= LONGEST) {
      entries.remove(entries.keySet().iterator().next());
    }
    entries.put(id, entry);
  }

  /** Returns an entry; null when there is none. */
  public @Nullable ObjectNode get(String id) {
    return entries.get(id);
  }

  /** Returns all entries, oldest first. */
  public Map<String, ObjectNode> all() {
    return entries;
  }

  /** Forgets an entry, if there is one. */
  public void remove(String id) {
    entries.remove(id);
  }

  /** Forgets all entries. */
  public void clear() {
    entries.clear();
  }

  /**
   * Returns a part of the history, oldest first.
   *
   * @param most the greatest number of entries; null for all
   * @param offset entries to skip; -1 to end with the newest one
   */
  public ObjectNode page(@Nullable Integer most, int offset) {
    int from = offset < 0 && most != null ? entries.size() - most : offset;
    int skip = Math.max(0, from);
    int left = most == null ? Integer.MAX_VALUE : most;
    ObjectNode page = JsonMapper.shared().createObjectNode();
    int index = 0;
    for (var entry : entries.entrySet()) {
      if (index++ >= skip && left-- > 0) {
        page.set(entry.getKey(), entry.getValue());
      }
    }
    return page;
  }
}
