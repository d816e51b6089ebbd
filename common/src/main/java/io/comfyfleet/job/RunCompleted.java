package io.comfyfleet.job;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The aggregated answer of a run: sent once when the run ends, as message and to its callback.
 *
 * @param runId the run
 * @param status how it ended; never open
 * @param counts how many jobs ended how
 * @param results every job's result in order of index; null when they exceed the message limit,
 *     then {@code resultsUrl} has them
 * @param resultsUrl where the whole run can be read
 * @param idempotencyKey the same in every repeat of this event
 * @param revision which end of the run this is when a job was sent again from the dead letters and
 *     the run ended anew, from 2; null for the first
 * @param createdAt when the run was accepted
 * @param completedAt when it ended
 * @param metadata the sender's own, untouched
 */
public record RunCompleted(
    String runId,
    RunStatus status,
    RunCounts counts,
    @Nullable List<Result> results,
    URI resultsUrl,
    String idempotencyKey,
    @Nullable Integer revision,
    Instant createdAt,
    Instant completedAt,
    Map<String, @Nullable Object> metadata) {

  /** Checks the parts and copies the collections. */
  public RunCompleted {
    Require.name("run_id", runId, Job.RUN_ID_LENGTH);
    Require.present("status", status);
    Require.present("counts", counts);
    results = results == null ? null : List.copyOf(results);
    Require.present("results_url", resultsUrl);
    Require.present("idempotency_key", idempotencyKey);
    Require.present("created_at", createdAt);
    Require.present("completed_at", completedAt);
    metadata = Require.copy(metadata);
    if (status == RunStatus.OPEN) {
      throw new InvalidMessageException("status", "must not be open in a completed run");
    }
  }
}
