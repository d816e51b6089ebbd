package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.producer.run.RunRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A run ready to be accepted: every job drafted, ids given, dependencies known and free of cycles.
 *
 * @param runId its id
 * @param request what was asked for
 * @param fingerprint of the request
 * @param drafts its jobs, as sent
 * @param jobIds their ids
 * @param byKey ids of those that have a key
 * @param order places in {@code drafts} such that each comes behind what it depends on
 */
record RunPlan(
    String runId,
    RunRequest request,
    String fingerprint,
    List<JobDraft> drafts,
    List<UUID> jobIds,
    Map<String, UUID> byKey,
    List<Integer> order) {

  /**
   * A plan.
   *
   * @throws InvalidMessageException when positions clash, or a dependency is unknown or circular
   */
  static RunPlan of(String runId, RunRequest request, String fingerprint, List<JobDraft> drafts) {
    List<UUID> jobIds = new ArrayList<>();
    Map<String, Integer> places = new HashMap<>();
    Set<Integer> indexes = new HashSet<>();
    Set<UUID> ids = new HashSet<>();
    for (int place = 0; place < drafts.size(); place++) {
      JobRequest job = drafts.get(place).request();
      int index = job.index() == null ? place : job.index();
      if (!indexes.add(index) || index < 0 || index >= drafts.size()) {
        throw new InvalidMessageException(
            "jobs[" + place + "].index",
            "must be between 0 and " + (drafts.size() - 1) + " and its own, was " + index);
      }
      UUID jobId = job.jobId() == null ? Acceptance.named(runId + "/" + index) : job.jobId();
      if (!ids.add(jobId)) {
        throw new InvalidMessageException("jobs[" + place + "].job_id", "is given twice: " + jobId);
      }
      jobIds.add(jobId);
      if (job.key() != null && places.put(job.key(), place) != null) {
        throw new InvalidMessageException(
            "jobs[" + place + "].key", "is given twice: \"" + job.key() + "\"");
      }
    }
    Map<String, UUID> byKey = new HashMap<>();
    places.forEach((key, place) -> byKey.put(key, jobIds.get(place)));
    return new RunPlan(runId, request, fingerprint, drafts, jobIds, byKey, order(drafts, places));
  }

  /** The position of the job that stands at this place of the request. */
  int index(int place) {
    Integer given = drafts.get(place).request().index();
    return given == null ? place : given;
  }

  RunRow row(Instant now) {
    return new RunRow(
        runId,
        RunStatus.OPEN,
        drafts.size(),
        request.need(),
        fingerprint,
        request.callbackUrl(),
        request.metadata(),
        now,
        request.deadline() == null ? null : now.plus(request.deadline()),
        null);
  }

  private static List<Integer> order(List<JobDraft> drafts, Map<String, Integer> places) {
    List<Integer> order = new ArrayList<>();
    Set<Integer> placed = new HashSet<>();
    while (order.size() < drafts.size()) {
      int before = order.size();
      for (int place = 0; place < drafts.size(); place++) {
        if (!placed.contains(place) && ready(drafts.get(place), place, places, placed)) {
          order.add(place);
          placed.add(place);
        }
      }
      if (order.size() == before) {
        int stuck = 0;
        while (placed.contains(stuck)) {
          stuck++;
        }
        throw new InvalidMessageException(
            "jobs[" + stuck + "].depends_on", "goes round in a circle");
      }
    }
    return order;
  }

  private static boolean ready(
      JobDraft draft, int place, Map<String, Integer> places, Set<Integer> placed) {
    for (String key : draft.needs()) {
      Integer needed = places.get(key);
      if (needed == null) {
        throw new InvalidMessageException(
            "jobs[" + place + "].depends_on",
            "names \"" + key + "\", which is no key of this run's jobs");
      }
      if (!placed.contains(needed)) {
        return false;
      }
    }
    return true;
  }
}
