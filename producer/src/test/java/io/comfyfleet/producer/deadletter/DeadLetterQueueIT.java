package io.comfyfleet.producer.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.topology.Topology;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.boot.amqp.autoconfigure.RabbitConnectionDetails;

/** With a limit of letters that a look holds at once. */
@Timeout(60)
class DeadLetterQueueIT {
  private static final int MOST = 5;
  private static final int LETTERS = 8;

  @RegisterExtension static final BrokerExtension BROKER = new BrokerExtension();
  private CachingConnectionFactory connections;
  private Connection connection;
  private Channel channel;
  private DeadLetterQueue queue;

  @BeforeEach
  void fill() throws Exception {
    URI uri = URI.create(BROKER.uri());
    connections = new CachingConnectionFactory(uri);
    RabbitConnectionDetails details =
        () -> List.of(new RabbitConnectionDetails.Address(uri.getHost(), uri.getPort()));
    queue = new DeadLetterQueue(connections, details, MOST);
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(uri);
    connection = factory.newConnection();
    channel = connection.createChannel();
    channel.queueDeclare(Topology.DEAD, true, false, false, Map.of());
    channel.queuePurge(Topology.DEAD);
    channel.confirmSelect();
    for (int i = 0; i < LETTERS; i++) {
      channel.basicPublish("", Topology.DEAD, null, new byte[] {(byte) i});
    }
    channel.waitForConfirmsOrDie(10_000);
  }

  @AfterEach
  void close() throws Exception {
    connection.close();
    connections.destroy();
  }

  @Test
  void lookAtMoreThanItCanHoldShowsTheFirstAndTellsHowManyAreBehind() throws Exception {
    List<Integer> seen = new ArrayList<>();

    long unseen =
        queue.look(letter -> {
          seen.add((int) letter.body()[0]);
          return DeadLetterQueue.Verdict.KEEP;
        });

    assertThat(seen).containsExactly(0, 1, 2, 3, 4);
    assertThat(unseen).isEqualTo(LETTERS - MOST);
    assertThat(channel.messageCount(Topology.DEAD)).isEqualTo(LETTERS);
  }

  @Test
  void lookThatTakesAllReachesThoseBehindToo() throws Exception {
    long unseen = queue.look(letter -> DeadLetterQueue.Verdict.TAKE);

    assertThat(unseen).isZero();
    assertThat(channel.messageCount(Topology.DEAD)).isZero();
  }
}
