package io.comfyfleet.worker.intake;

/** What became of a published message. */
sealed interface PublishConfirmation {
  /** The broker has it safe. */
  record Confirmed() implements PublishConfirmation {}

  /**
   * The broker could not route it and dropped it.
   *
   * @param reason the broker's words
   */
  record Returned(String reason) implements PublishConfirmation {}

  /**
   * Nobody knows: the broker refused it, did not answer, or is not there.
   *
   * @param reason what happened
   */
  record Unconfirmed(String reason) implements PublishConfirmation {}
}
