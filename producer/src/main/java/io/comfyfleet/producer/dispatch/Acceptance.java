package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.RunStatus;
import io.comfyfleet.producer.run.Aggregator;
import io.comfyfleet.producer.run.JobRow;
import io.comfyfleet.producer.run.JobTable;
import io.comfyfleet.producer.run.NewJob;
import io.comfyfleet.producer.run.RunRow;
import io.comfyfleet.producer.run.RunTable;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Accepts jobs: run, job and outbox row in one transaction. The same id with the same content again
 * is the same job; with other content it is a conflict.
 */
@Component
class Acceptance {
  private static final int TRIES = 5;

  private final Drafting drafting;
  private final RunTable runs;
  private final JobTable jobs;
  private final Aggregator aggregator;
  private final TransactionTemplate transaction;
  private final Clock clock;

  Acceptance(
      Drafting drafting,
      RunTable runs,
      JobTable jobs,
      Aggregator aggregator,
      TransactionTemplate transaction,
      Clock clock) {
    this.drafting = drafting;
    this.runs = runs;
    this.jobs = jobs;
    this.aggregator = aggregator;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * Accepts one job.
   *
   * @return its id
   * @throws InvalidMessageException naming the field
   * @throws ConflictException when the id is another job's, or its run has ended
   * @throws UnknownKeyException when it needs a job that its run does not have
   */
  UUID accept(JobRequest request, Origin origin) {
    JobDraft draft = drafting.draft(request);
    UUID jobId = jobId(request, origin);
    String runId = runId(request, origin, jobId);
    return once(() -> accept(draft, origin, jobId, runId));
  }

  private UUID accept(JobDraft draft, Origin origin, UUID jobId, String runId) {
    JobRequest request = draft.request();
    Instant now = now();
    boolean alone = request.runId() == null;
    Integer size = alone && request.runSize() == null ? Integer.valueOf(1) : request.runSize();
    Optional<RunRow> found = runs.lock(runId);
    Optional<JobRow> same = jobs.find(jobId);
    if (same.isPresent()) {
      return repeated(same.get(), draft);
    }
    RunRow run =
        found.orElseGet(() -> {
          RunRow created = run(runId, size, null, null, now);
          runs.insert(created);
          return created;
        });
    joinable(run, size);
    int index = request.index() == null ? jobs.nextIndex(runId) : request.index();
    Integer total = run.size() == null ? size : run.size();
    Job job = draft.at(jobId, runId, total, index, now, run.deadlineAt());
    List<NewJob.Dependency> dependencies =
        draft.needs().isEmpty() ? List.of() : dependencies(draft, key -> earlier(runId, key));
    runs.joined(runId, size, now);
    aggregator.add(
        new NewJob(
            job,
            request.key(),
            draft.fingerprint(),
            origin.replyTo(),
            origin.correlationId(),
            dependencies));
    if (!dependencies.isEmpty()) {
      aggregator.settle(runId);
    }
    return jobId;
  }

  /** Accepts a whole run: all of its jobs or none. The plan has been checked. */
  String accept(RunPlan plan) {
    return once(() -> {
      Optional<RunRow> found = runs.lock(plan.runId());
      if (found.isPresent()) {
        if (plan.fingerprint().equals(found.get().fingerprint())) {
          return plan.runId();
        }
        throw new ConflictException(
            "There is a run " + plan.runId() + " already, with other jobs; choose another run_id");
      }
      Instant now = now();
      RunRow run = plan.row(now);
      runs.insert(run);
      for (int place : plan.order()) {
        add(plan, run, place, now);
      }
      return plan.runId();
    });
  }

  private void add(RunPlan plan, RunRow run, int place, Instant now) {
    JobDraft draft = plan.drafts().get(place);
    try {
      UUID jobId = plan.jobIds().get(place);
      jobs.find(jobId)
          .ifPresent(row -> {
            throw new ConflictException(
                "Job " + jobId + " belongs to run " + row.runId() + " already");
          });
      Job job = draft.at(jobId, run.runId(), run.size(), plan.index(place), now, run.deadlineAt());
      List<NewJob.Dependency> dependencies = dependencies(draft, key -> plan.byKey().get(key));
      aggregator.add(
          new NewJob(job, draft.request().key(), draft.fingerprint(), null, null, dependencies));
    } catch (InvalidMessageException e) {
      throw Fields.at("jobs[" + place + "]", e);
    }
  }

  static RunRow run(
      String runId,
      @Nullable Integer size,
      @Nullable Integer need,
      @Nullable String fingerprint,
      Instant now) {
    return new RunRow(
        runId, RunStatus.OPEN, size, need, fingerprint, null, Map.of(), now, null, null);
  }

  private static UUID repeated(JobRow row, JobDraft draft) {
    if (!row.fingerprint().equals(draft.fingerprint())) {
      throw new ConflictException(
          "Job "
              + row.jobId()
              + " exists already with other content; choose another job_id,"
              + " Idempotency-Key, or run_id and index");
    }
    return row.jobId();
  }

  private static void joinable(RunRow run, @Nullable Integer size) {
    if (run.status() != RunStatus.OPEN) {
      throw new ConflictException(
          "Run " + run.runId() + " has ended; no job can join it. Choose another run_id");
    }
    if (run.fingerprint() != null) {
      throw new ConflictException(
          "Run " + run.runId() + " was sent as a whole; no job can join it. Choose another run_id");
    }
    if (size != null && run.size() != null && !size.equals(run.size())) {
      throw new InvalidMessageException(
          "run_size", "must be " + run.size() + ", as an earlier job of the run said, was " + size);
    }
  }

  private UUID earlier(String runId, String key) {
    return jobs.byKey(runId, key).orElseThrow(() -> new UnknownKeyException(key));
  }

  private static List<NewJob.Dependency> dependencies(
      JobDraft draft, java.util.function.Function<String, UUID> byKey) {
    List<NewJob.Dependency> dependencies = new ArrayList<>();
    for (JobRequest.InputRequest input : draft.request().inputs()) {
      if (input.job() != null) {
        dependencies.add(new NewJob.Dependency(byKey.apply(input.job()), input.name()));
      }
    }
    for (String key : draft.needs()) {
      UUID needed = byKey.apply(key);
      if (dependencies.stream().noneMatch(one -> one.needs().equals(needed))) {
        dependencies.add(new NewJob.Dependency(needed, null));
      }
    }
    return dependencies;
  }

  private static UUID jobId(JobRequest request, Origin origin) {
    if (request.jobId() != null) {
      return request.jobId();
    }
    if (origin.messageId() != null) {
      return origin.messageId();
    }
    if (origin.idempotencyKey() != null) {
      return named(origin.idempotencyKey());
    }
    if (request.runId() != null && request.index() != null) {
      return named(request.runId() + "/" + request.index());
    }
    return UUID.randomUUID();
  }

  private static String runId(JobRequest request, Origin origin, UUID jobId) {
    if (request.runId() != null) {
      return request.runId();
    }
    return origin.idempotencyKey() != null
        ? named(origin.idempotencyKey()).toString()
        : jobId.toString();
  }

  /** A name-based UUID. */
  static UUID named(String name) {
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /** Two that create the same run or job at once: the second sees the first when it looks again. */
  private <T> T once(Supplier<T> work) {
    for (int tries = 1; ; tries++) {
      try {
        return java.util.Objects.requireNonNull(transaction.execute(status -> work.get()));
      } catch (DuplicateKeyException e) {
        if (tries == TRIES) {
          throw new ConflictException(
              "The job's index or key is taken by another job of the run; leave index out or"
                  + " choose another");
        }
      } catch (ConcurrencyFailureException e) {
        if (tries == TRIES) {
          throw e;
        }
      }
    }
  }
}
