package io.comfyfleet.producer.callback;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What came of one call. */
sealed interface Answer {
  /**
   * The receiver took it.
   *
   * @param status HTTP status
   */
  record Taken(int status) implements Answer {}

  /**
   * Not now: a repeat may well succeed.
   *
   * @param status HTTP status; null when there was no answer
   * @param reason in words
   * @param notBefore shortest wait that the receiver asked for
   */
  record Later(@Nullable Integer status, String reason, Duration notBefore) implements Answer {}

  /**
   * The receiver does not want it, or may not be called: a repeat hardly helps.
   *
   * @param status HTTP status; null when it was not called
   * @param reason in words
   */
  record Refused(@Nullable Integer status, String reason) implements Answer {}

  /**
   * The receiver will never take it: no repeat helps.
   *
   * @param status HTTP status
   * @param reason in words
   */
  record Gone(int status, String reason) implements Answer {}
}
