package io.comfyfleet.worker.node;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The latest thousand things that were added. Thread-safe.
 *
 * @param <T> what is remembered; compared by equals
 */
public final class Recent<T> {
  private static final int REMEMBERED = 1_000;

  private final Set<T> things =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<T, Boolean> eldest) {
                  return size() > REMEMBERED;
                }
              }));

  /** Remembers it; the oldest may be forgotten for it. */
  public void add(T thing) {
    things.add(thing);
  }

  /** Whether it was added and is not forgotten. */
  public boolean contains(T thing) {
    return things.contains(thing);
  }
}
