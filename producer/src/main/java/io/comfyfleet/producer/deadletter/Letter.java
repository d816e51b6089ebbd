package io.comfyfleet.producer.deadletter;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.LongString;
import io.comfyfleet.wire.MessageHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A letter as the queue holds it.
 *
 * @param properties as they were delivered
 * @param body untouched
 */
record Letter(BasicProperties properties, byte[] body) {
  private static final int ID_BYTES = 16;

  /**
   * The same on each look, whoever put the letter there: made from what does not change while it
   * lies there. Two letters of one job differ by when they died; letters that are equal in all of
   * this are copies of each other and share the id.
   */
  String id() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Object part :
          Arrays.asList(
              properties.getMessageId(),
              properties.getTimestamp() == null ? null : properties.getTimestamp().getTime(),
              header(MessageHeaders.DIED_AT),
              header(MessageHeaders.REASON),
              death("time") instanceof Date at ? at.getTime() : null,
              death("queue"),
              death("reason"),
              death("count"))) {
        digest.update((part + "\0").getBytes(StandardCharsets.UTF_8));
      }
      digest.update(body);
      return HexFormat.of().formatHex(digest.digest(), 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** Our reason, else the broker's; {@code unknown} when nobody said one. */
  String reason() {
    String ours = header(MessageHeaders.REASON);
    Object brokers = ours == null ? death("reason") : ours;
    return brokers == null ? "unknown" : brokers.toString();
  }

  /**
   * When it died, by our header, by the broker's or at least when it was sent; null for unknown.
   */
  @Nullable Instant diedAt() {
    String ours = header(MessageHeaders.DIED_AT);
    if (ours != null) {
      try {
        return Instant.parse(ours);
      } catch (DateTimeException e) {
        // Written by another hand; what the broker noted is next best.
      }
    }
    if (death("time") instanceof Date at) {
      return at.toInstant();
    }
    return properties.getTimestamp() == null ? null : properties.getTimestamp().toInstant();
  }

  /** The queue it came from; null when nobody noted it. */
  @Nullable String origin() {
    String ours = header(MessageHeaders.ORIGIN);
    Object brokers = ours == null ? death("queue") : ours;
    return brokers == null ? null : brokers.toString();
  }

  @Nullable String header(String name) {
    Object value = properties.getHeaders() == null ? null : properties.getHeaders().get(name);
    return value == null ? null : value.toString();
  }

  /** The message id when it is a UUID, as those of jobs are. */
  @Nullable UUID messageId() {
    try {
      return properties.getMessageId() == null ? null : UUID.fromString(properties.getMessageId());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Of the latest death that the broker noted. */
  private @Nullable Object death(String field) {
    Object deaths = properties.getHeaders() == null ? null : properties.getHeaders().get("x-death");
    if (deaths instanceof List<?> list
        && !list.isEmpty()
        && list.getFirst() instanceof Map<?, ?> latest) {
      Object value = latest.get(field);
      return value instanceof LongString text ? text.toString() : value;
    }
    return null;
  }
}
