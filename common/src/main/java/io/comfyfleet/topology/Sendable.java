package io.comfyfleet.topology;

import com.rabbitmq.client.AMQP;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.support.DefaultMessagePropertiesConverter;
import org.springframework.amqp.rabbit.support.MessagePropertiesConverter;

/**
 * Whether a message can be written at all, found out before the client counts it: a message that
 * fails while it is written has a number among the confirms already, and every later confirm on its
 * channel is then taken for its neighbour's (seen with amqp-client 5).
 */
public final class Sendable {
  /** Most bytes of an id, a queue's name or a routing key. */
  public static final int SHORT_STRING_BYTES = 255;

  /** Most bytes of a message's properties; RabbitMQ's default {@code frame_max}. */
  private static final int FRAME_BYTES = 131_072;

  private static final MessagePropertiesConverter CONVERTER =
      new DefaultMessagePropertiesConverter();

  private Sendable() {}

  /** Whether AMQP has room for that text where it takes short ones. */
  public static boolean fits(@Nullable String text) {
    return text == null || text.getBytes(StandardCharsets.UTF_8).length <= SHORT_STRING_BYTES;
  }

  /**
   * Why a message cannot be written; null when it can.
   *
   * @param exchange where to
   * @param routingKey with which key
   * @param message body and properties
   */
  public static @Nullable String fault(String exchange, String routingKey, Message message) {
    if (!fits(exchange) || !fits(routingKey)) {
      return "The routing key is longer than " + SHORT_STRING_BYTES + " bytes";
    }
    try {
      AMQP.BasicProperties properties =
          CONVERTER.fromMessageProperties(message.getMessageProperties(), "UTF-8");
      int bytes = properties.toFrame(0, message.getBody().length).size();
      return bytes > FRAME_BYTES
          ? "Its properties take " + bytes + " bytes, more than a frame of " + FRAME_BYTES
          : null;
    } catch (IllegalArgumentException | IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
