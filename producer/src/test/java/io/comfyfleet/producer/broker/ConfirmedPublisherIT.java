package io.comfyfleet.producer.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.comfyfleet.broker.BrokerExtension;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory.ConfirmType;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

class ConfirmedPublisherIT {
  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private static final int MESSAGES = 1_000;

  @Test
  void messagesComeInTheOrderInWhichTheyWerePublished() {
    CachingConnectionFactory connections = new CachingConnectionFactory(URI.create(BROKER.uri()));
    connections.setPublisherConfirmType(ConfirmType.CORRELATED);
    connections.setPublisherReturns(true);
    RabbitTemplate template = new RabbitTemplate(connections);
    template.setMandatory(true);
    template.setUsePublisherConnection(true);
    new RabbitAdmin(connections).declareQueue(new Queue("ordered"));
    var publisher =
        new ConfirmedPublisher(
            template,
            new BrokerSettings("auto", Duration.ofSeconds(30)),
            new SimpleMeterRegistry());

    List<Integer> sent = IntStream.range(0, MESSAGES).boxed().toList();
    List<Publication> outcomes = publisher.publish(sent.stream().map(this::numbered).toList());

    List<Integer> received = new ArrayList<>();
    for (Message next = template.receive("ordered");
        next != null;
        next = template.receive("ordered")) {
      received.add(Integer.valueOf(new String(next.getBody())));
    }
    connections.destroy();
    assertThat(outcomes).hasSize(MESSAGES).allMatch(Publication.Confirmed.class::isInstance);
    assertThat(received).isEqualTo(sent);
  }

  private Outgoing numbered(int number) {
    return new Outgoing("", "ordered", new Message(String.valueOf(number).getBytes()));
  }
}
