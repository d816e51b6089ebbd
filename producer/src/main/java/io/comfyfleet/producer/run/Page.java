package io.comfyfleet.producer.run;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.RunStatus;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list, newest first.
 *
 * @param limit most entries, 1 to 500
 * @param offset entries that are left out at the front, at least 0
 */
record Page(int limit, int offset) {
  private static final int MOST = 500;

  /**
   * Checks the limits.
   *
   * @throws InvalidMessageException naming the field
   */
  Page {
    if (limit < 1 || limit > MOST) {
      throw new InvalidMessageException(
          "limit", "must be between 1 and " + MOST + ", was " + limit);
    }
    if (offset < 0) {
      throw new InvalidMessageException("offset", "must be at least 0, was " + offset);
    }
  }

  /**
   * Which runs are wanted.
   *
   * @param status where they stand; null for anywhere
   */
  record Runs(@Nullable RunStatus status) {
    Map<String, @Nullable Object> parameters() {
      Map<String, @Nullable Object> parameters = new HashMap<>();
      parameters.put("any", status == null ? 1 : 0);
      parameters.put("status", status == null ? "" : status.name().toLowerCase(Locale.ROOT));
      return parameters;
    }
  }

  /**
   * Which jobs are wanted.
   *
   * @param status where they stand; null for anywhere
   * @param runId their run; null for any
   * @param lane their lane; null for any
   */
  record Jobs(@Nullable JobState status, @Nullable String runId, @Nullable String lane) {
    private static final String UNPUBLISHED =
        "exists (select 1 from outbox where outbox.job_id = job.job_id)";

    /** A {@code where} over the table of jobs; {@code :held} are the ids in the nodes' hands. */
    String condition() {
      return " where (:anyRun = 1 or run_id = :run) and (:anyLane = 1 or lane = :lane)" + state();
    }

    Map<String, @Nullable Object> parameters() {
      Map<String, @Nullable Object> parameters = new HashMap<>();
      parameters.put("anyRun", runId == null ? 1 : 0);
      parameters.put("run", runId == null ? "" : runId);
      parameters.put("anyLane", lane == null ? 1 : 0);
      parameters.put("lane", lane == null ? "" : lane);
      return parameters;
    }

    private String state() {
      return switch (status) {
        case null -> "";
        case ACCEPTED -> " and status = 'open' and job_id not in (:held) and " + UNPUBLISHED;
        case QUEUED -> " and status = 'open' and job_id not in (:held) and not " + UNPUBLISHED;
        case RUNNING -> " and status = 'open' and job_id in (:held)";
        case WAITING, SUCCEEDED, FAILED, CANCELLED, EXPIRED ->
            " and status = '" + status.name().toLowerCase(Locale.ROOT) + "'";
      };
    }
  }

  /**
   * The constant of that name in lower case.
   *
   * @return null for no name
   * @throws InvalidMessageException naming the field and the names that there are
   */
  static <E extends Enum<E>> @Nullable E named(Class<E> type, String field, @Nullable String name) {
    if (name == null) {
      return null;
    }
    List<E> all = Arrays.asList(type.getEnumConstants());
    return all.stream()
        .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(() ->
            new InvalidMessageException(
                field,
                "must be one of "
                    + all.stream()
                        .map(each -> each.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "))
                    + "; was \""
                    + name
                    + "\""));
  }
}
