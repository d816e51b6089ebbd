package io.comfyfleet.producer.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.ShutdownSignalException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

class ConfirmedPublisherTest {
  private static final Outgoing MESSAGE = new Outgoing("", "queue", new Message(new byte[0]));

  @Test
  void messagesForAConnectionThatClosesJustNowAreUnsent() {
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
    ConfirmedPublisher publisher =
        new ConfirmedPublisher(
            new RabbitTemplate(connections),
            new BrokerSettings("auto", Duration.ofSeconds(1)),
            new SimpleMeterRegistry());

    List<Publication> outcomes = publisher.publish(List.of(MESSAGE, MESSAGE));

    assertThat(outcomes).hasSize(2).allMatch(Publication.Unsent.class::isInstance);
  }

  private interface Answer {
    Object give();
  }

  private static <T> T stub(Class<T> type, String name, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> method.getName().equals(name) ? answer.give() : null));
  }
}
