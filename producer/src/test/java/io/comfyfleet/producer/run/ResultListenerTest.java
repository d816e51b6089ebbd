package io.comfyfleet.producer.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import io.comfyfleet.producer.broker.ConsumerPause;
import io.comfyfleet.telemetry.Traces;
import io.comfyfleet.wire.MessageCodec;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

class ResultListenerTest {
  private final List<String> settled = new ArrayList<>();
  private final ConsumerPause pause = new ConsumerPause();

  @Test
  void batchThatFailsInAnUnforeseenWayIsGivenBack() {
    // A pause that has been stopped takes no time.
    pause.stop();
    // Without the dead letters that an unreadable result needs.
    ResultListener listener =
        new ResultListener(null, new MessageCodec(), null, pause, Traces.off());

    listener.onMessageBatch(List.of(unreadable(1), unreadable(2)), channel());

    assertThat(settled).containsExactly("basicNack[2, true, true]");
  }

  private static Message unreadable(long tag) {
    MessageProperties properties = new MessageProperties();
    properties.setDeliveryTag(tag);
    return new Message("no result".getBytes(), properties);
  }

  private Channel channel() {
    return (Channel)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Channel.class},
            (proxy, method, arguments) -> {
              settled.add(method.getName() + Arrays.toString(arguments));
              return null;
            });
  }
}
