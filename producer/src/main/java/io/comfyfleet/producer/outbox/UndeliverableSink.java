package io.comfyfleet.producer.outbox;

import java.util.UUID;

/** Is told about a job that can never be delivered. */
public interface UndeliverableSink {
  /**
   * Ends the job. Called in the transaction that deletes the message; may be called again for the
   * same job.
   *
   * @param reason a sentence for the sender
   * @return false when the job had ended
   */
  boolean undeliverable(UUID jobId, String reason);
}
