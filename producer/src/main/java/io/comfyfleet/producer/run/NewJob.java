package io.comfyfleet.producer.run;

import io.comfyfleet.job.Job;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job to keep.
 *
 * @param job the message; an input that comes from another job has {@link #PENDING_ARTIFACT}
 * @param key the name that other jobs of the run know it by; null for none
 * @param fingerprint of the request
 * @param replyTo queue that wants a copy of the result; null for none
 * @param correlationId the sender's, for that copy; null for none
 * @param dependencies what it waits for; empty for nothing
 */
public record NewJob(
    Job job,
    @Nullable String key,
    String fingerprint,
    @Nullable String replyTo,
    @Nullable String correlationId,
    List<Dependency> dependencies) {

  /** Stands for an artifact that another job of the run has yet to make. */
  public static final UUID PENDING_ARTIFACT = new UUID(0, 0);

  /**
   * One job that must succeed first.
   *
   * @param needs that job
   * @param inputName the input that its first file becomes; null for none
   */
  public record Dependency(UUID needs, @Nullable String inputName) {}
}
