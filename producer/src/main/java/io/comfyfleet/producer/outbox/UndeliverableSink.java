package io.comfyfleet.producer.outbox;

import java.util.UUID;

/** Is told about a job that no queue takes. */
public interface UndeliverableSink {
  /**
   * Ends the job. Called in the transaction that deletes the message; may be called again for the
   * same job.
   *
   * @param reason what the broker said
   */
  void undeliverable(UUID jobId, String reason);
}
