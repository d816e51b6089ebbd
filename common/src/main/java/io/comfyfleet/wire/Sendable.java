package io.comfyfleet.producer.broker;

import com.rabbitmq.client.AMQP;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
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

  private static final MessagePropertiesConverter CONVERTER =
      new DefaultMessagePropertiesConverter();

  private Sendable() {}

  /** Whether AMQP has room for that text where it takes short ones. */
  public static boolean fits(@Nullable String text) {
    return text == null || text.getBytes(StandardCharsets.UTF_8).length <= SHORT_STRING_BYTES;
  }

  /** Why it cannot be written; null when it can. */
  static @Nullable String fault(Outgoing outgoing) {
    if (!fits(outgoing.exchange()) || !fits(outgoing.routingKey())) {
      return "The routing key is longer than " + SHORT_STRING_BYTES + " bytes";
    }
    try {
      AMQP.BasicProperties properties =
          CONVERTER.fromMessageProperties(outgoing.message().getMessageProperties(), "UTF-8");
      properties.toFrame(0, outgoing.message().getBody().length);
      return null;
    } catch (IllegalArgumentException | IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
