package io.comfyfleet.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.ShutdownSignalException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

class PublisherTest {
  @Test
  void messageForAConnectionThatClosesJustNowIsUnconfirmed() {
    // Spring AMQP hands on what the client throws when it is asked for a channel.
    Connection closing =
        stub(
            Connection.class,
            "createChannel",
            () -> {
              throw new AlreadyClosedException(
                  new ShutdownSignalException(true, false, null, null));
            });
    ConnectionFactory connections =
        stub(ConnectionFactory.class, "createConnection", () -> closing);
    Publisher publisher = new Publisher(new RabbitTemplate(connections), new SimpleMeterRegistry());

    PublishConfirmation confirmation = publisher.publish("", "queue", new Message(new byte[0]));

    assertThat(confirmation).isInstanceOf(PublishConfirmation.Unconfirmed.class);
  }

  private static <T> T stub(Class<T> type, String name, Supplier<?> answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> method.getName().equals(name) ? answer.get() : null));
  }
}
