package io.comfyfleet.producer.outbox;

import java.util.UUID;

/** Is told about a job that can never be delivered. */
public interface UndeliverableSink {
  /** Whether the job has not ended. */
  boolean isPending(UUID jobId);

  /**
   * Ends the job. Called in the transaction that deletes the message; may be called again for the
   * same job.
   *
   * @param reason a sentence for the sender
   */
  void undeliverable(UUID jobId, String reason);
}
