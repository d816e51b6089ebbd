package io.comfyfleet.producer.dispatch;

import io.comfyfleet.job.InvalidMessageException;
import io.comfyfleet.job.Job;
import io.comfyfleet.job.JobType;
import io.comfyfleet.producer.artifact.Artifacts;
import io.comfyfleet.producer.artifact.StoreAwayException;
import io.comfyfleet.producer.callback.Callbacks;
import io.comfyfleet.producer.problem.ProblemException;
import io.comfyfleet.topology.Sendable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** From bytes to accepted work. Thread-safe; blocks for the database. */
@Component
public class Door {
  private static final int KEY_LENGTH = 200;
  private static final Duration STORE_PAUSE = Duration.ofSeconds(30);

  private final RequestReader reader;
  private final Drafting drafting;
  private final Acceptance acceptance;
  private final Callbacks callbacks;
  private final Fingerprint fingerprint;
  private final Artifacts artifacts;

  Door(
      RequestReader reader,
      Drafting drafting,
      Acceptance acceptance,
      Callbacks callbacks,
      Fingerprint fingerprint,
      Artifacts artifacts) {
    this.reader = reader;
    this.drafting = drafting;
    this.acceptance = acceptance;
    this.callbacks = callbacks;
    this.fingerprint = fingerprint;
    this.artifacts = artifacts;
  }

  /**
   * Accepts one job from HTTP.
   *
   * @param body JSON
   * @param idempotencyKey header of that name; null for none
   * @return the job's id
   * @throws InvalidMessageException naming the field
   * @throws ProblemException (409) when the id is another job's, or its run has ended
   */
  public UUID job(byte[] body, @Nullable String idempotencyKey) {
    checkKey(idempotencyKey);
    return job(reader.job(body), idempotencyKey);
  }

  /**
   * Accepts one job of a known type from HTTP, written flat: the body need not name the type, and
   * parameters of the template may stand beside the other fields.
   *
   * @param type what it makes
   * @param body JSON
   * @param idempotencyKey header of that name; null for none
   * @return the job's id
   * @throws InvalidMessageException naming the field
   * @throws ProblemException (409) when the id is another job's, or its run has ended
   */
  public UUID job(JobType type, byte[] body, @Nullable String idempotencyKey) {
    checkKey(idempotencyKey);
    return job(reader.flatJob(type, body), idempotencyKey);
  }

  /**
   * Accepts one job from a queue.
   *
   * @param body JSON
   * @param messageId AMQP {@code message_id} when it is a UUID; null otherwise
   * @param replyTo queue that wants a copy of the result; null for none
   * @param correlationId the sender's, for that copy; null for none
   * @return the job's id
   * @throws InvalidMessageException naming the field; {@code id} when it is another job's
   * @throws UnknownKeyException when it needs a job that its run does not have yet
   * @throws StoreAwayException when its files could not be kept at present
   */
  public UUID message(
      byte[] body,
      @Nullable UUID messageId,
      @Nullable String replyTo,
      @Nullable String correlationId) {
    checkFits("reply_to", replyTo);
    checkFits("correlation_id", correlationId);
    artifacts.requireRoom();
    try {
      return acceptance.accept(
          reader.job(body), new Origin(null, messageId, replyTo, correlationId));
    } catch (ConflictException e) {
      throw new InvalidMessageException("job_id", "is in conflict: " + e.getMessage());
    }
  }

  /**
   * Accepts a whole run from HTTP.
   *
   * @return the run's id
   * @throws InvalidMessageException naming the field
   * @throws ProblemException (409) when the id is another run's
   */
  String run(byte[] body, @Nullable String idempotencyKey) {
    checkKey(idempotencyKey);
    requireRoom();
    RunRequest request = reader.run(body);
    if (request.callbackUrl() != null) {
      callbacks.check("callback_url", request.callbackUrl());
    }
    String runId = request.runId();
    if (runId == null) {
      runId =
          (idempotencyKey == null ? UUID.randomUUID() : Acceptance.named(idempotencyKey))
              .toString();
    }
    List<JobDraft> drafts = new ArrayList<>();
    for (JobRequest job : request.jobs()) {
      try {
        drafts.add(drafting.draft(job));
      } catch (InvalidMessageException e) {
        throw Fields.at("jobs[" + drafts.size() + "]", e);
      }
    }
    try {
      return acceptance.accept(RunPlan.of(runId, request, fingerprint.of(request), drafts));
    } catch (ConflictException e) {
      throw refusal(e);
    }
  }

  /**
   * Checks a request without accepting it.
   *
   * @param body JSON
   * @throws InvalidMessageException naming the field
   */
  public void check(byte[] body) {
    drafting.draft(reader.job(body));
  }

  /**
   * Checks what an operator may have changed of a job.
   *
   * @throws InvalidMessageException naming the field
   */
  public void check(Job job) {
    drafting.check(job);
  }

  private void requireRoom() {
    try {
      artifacts.requireRoom();
    } catch (StoreAwayException e) {
      throw new ProblemException(
              HttpStatus.SERVICE_UNAVAILABLE, "store-away", String.valueOf(e.getMessage()))
          .retryAfter(STORE_PAUSE);
    }
  }

  private UUID job(JobRequest request, @Nullable String idempotencyKey) {
    requireRoom();
    try {
      return acceptance.accept(request, new Origin(idempotencyKey, null, null, null));
    } catch (UnknownKeyException e) {
      throw e.refusal();
    } catch (ConflictException e) {
      throw refusal(e);
    }
  }

  private static ProblemException refusal(ConflictException e) {
    return new ProblemException(HttpStatus.CONFLICT, "conflict", e.getMessage());
  }

  private static void checkFits(String field, @Nullable String text) {
    if (!Sendable.fits(text)) {
      throw new InvalidMessageException(
          field, "must be at most " + Sendable.SHORT_STRING_BYTES + " bytes in UTF-8");
    }
  }

  private static void checkKey(@Nullable String key) {
    if (key != null && (key.isBlank() || key.length() > KEY_LENGTH)) {
      throw new InvalidMessageException(
          "Idempotency-Key", "must be at most " + KEY_LENGTH + " characters and not blank");
    }
  }
}
