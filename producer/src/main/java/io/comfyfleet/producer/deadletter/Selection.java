package io.comfyfleet.producer.deadletter;

import java.util.Set;

/**
 * Which letters an action is for.
 *
 * @param filter those that it means …
 * @param ids … and, unless this is empty, that have one of these ids
 * @param limit how many at most, the first in the queue first
 * @param evenCancelled whether a replay also sends jobs again that were cancelled
 */
public record Selection(LetterFilter filter, Set<String> ids, int limit, boolean evenCancelled) {
  /** Copies the ids. */
  public Selection {
    ids = Set.copyOf(ids);
  }

  /** One letter. */
  public static Selection of(String id, boolean evenCancelled) {
    return new Selection(LetterFilter.ALL, Set.of(id), 1, evenCancelled);
  }

  boolean has(LetterSummary letter) {
    return (ids.isEmpty() || ids.contains(letter.id())) && filter.matches(letter);
  }
}
