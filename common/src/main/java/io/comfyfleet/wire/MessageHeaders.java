package io.comfyfleet.wire;

/** AMQP headers of ours, and the media type of every message. */
public final class MessageHeaders {
  /** Media type of every message. */
  public static final String CONTENT_TYPE = "application/json";

  /** On results and run events: a receiver that saw the key before may drop the message. */
  public static final String IDEMPOTENCY_KEY = "x-fleet-idempotency-key";

  /**
   * On jobs: true when the broker may have the job already, because a producer ended, or did not
   * hear the confirm, after it had published it. Whoever takes it asks first who has it.
   */
  public static final String REPEATED = "x-fleet-repeated";

  /** On dead letters: an {@link io.comfyfleet.job.ErrorCode} wire name. */
  public static final String REASON = "x-fleet-reason";

  /** On dead letters: the reason in words. */
  public static final String ERROR = "x-fleet-error";

  /** On dead letters: the node that gave up; absent when none did. */
  public static final String NODE = "x-fleet-node";

  /** On dead letters: the queue the message was taken from. */
  public static final String ORIGIN = "x-fleet-origin";

  /** On dead letters: when, ISO-8601 in UTC. */
  public static final String DIED_AT = "x-fleet-died-at";

  private MessageHeaders() {}
}
