package io.comfyfleet.producer.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

class PatientListenerTest {
  private final List<String> settled = new ArrayList<>();
  private final ConsumerPause pause = new ConsumerPause();

  @Test
  void messageThatCannotEvenBeDealtWithApartIsGivenBackAfterAPause() {
    // A pause that has been stopped takes no time.
    pause.stop();
    MessageProperties properties = new MessageProperties();
    properties.setDeliveryTag(7);

    new PatientListener("broken", pause, new Broken())
        .onMessage(new Message(new byte[0], properties), channel());

    assertThat(settled).containsExactly("basicNack[7, true, true]");
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

  private static final class Broken implements PatientListener.Work {
    @Override
    public void take(Message message) {
      throw new IllegalStateException("taken badly");
    }

    @Override
    public void broken(Message message, RuntimeException fault) {
      throw new IllegalStateException("not even that");
    }
  }
}
