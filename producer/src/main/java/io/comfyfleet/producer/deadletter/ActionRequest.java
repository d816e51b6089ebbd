package io.comfyfleet.producer.deadletter;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.producer.problem.ProblemException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * What is sent to act on several letters.
 *
 * @param filter which are meant; absent for no condition
 * @param ids which are meant; absent for no condition
 * @param limit how many at most
 * @param all Whether really every letter is meant when neither filter nor ids say which
 * @param evenCancelled Whether a replay also sends cancelled jobs again
 */
record ActionRequest(
    @Nullable Filter filter,
    @Nullable List<String> ids,
    @Nullable Integer limit,
    @Nullable Boolean all,
    @Nullable Boolean evenCancelled) {

  /**
   * The names of the query string. Null leaves a part open.
   *
   * @param reason the reason, exactly
   * @param node the node that had it last
   * @param lane the lane
   * @param run the run's id
   * @param job the job's id
   * @param olderThan an age as 30m, 2h or 1d, or an ISO-8601 time
   * @param newerThan an age as 30m, 2h or 1d, or an ISO-8601 time
   */
  record Filter(
      @Nullable String reason,
      @Nullable String node,
      @Nullable String lane,
      @Nullable String run,
      @Nullable UUID job,
      @Nullable String olderThan,
      @Nullable String newerThan) {
    LetterFilter at(Instant now) {
      return new LetterFilter(
          blank(reason),
          blank(node),
          blank(lane),
          blank(run),
          job,
          LetterFilter.instant("older_than", olderThan, now),
          LetterFilter.instant("newer_than", newerThan, now));
    }

    private static @Nullable String blank(@Nullable String text) {
      return text == null || text.isBlank() ? null : text;
    }
  }

  Selection selection(Instant now) {
    LetterFilter which = filter == null ? LetterFilter.ALL : filter.at(now);
    Set<String> named = ids == null ? Set.of() : new HashSet<>(ids);
    if (ids != null && named.isEmpty()) {
      throw new InvalidMessageException("ids", "is empty; name letters or leave it out");
    }
    if (which.isAll() && named.isEmpty() && !Boolean.TRUE.equals(all)) {
      throw new ProblemException(
          HttpStatus.BAD_REQUEST,
          "all-letters",
          "Neither filter nor ids say which letters are meant; if it is every one, say \"all\": true");
    }
    if (limit != null && limit < 1) {
      throw new InvalidMessageException("limit", "must be at least 1, was " + limit);
    }
    return new Selection(
        which,
        named,
        limit == null ? Integer.MAX_VALUE : limit,
        Boolean.TRUE.equals(evenCancelled));
  }
}
