package io.comfyfleet.producer.dispatch;

/** An id that was used before, now with other content; or a job for a run that has ended. */
final class ConflictException extends RuntimeException {
  ConflictException(String message) {
    super(message);
  }
}
