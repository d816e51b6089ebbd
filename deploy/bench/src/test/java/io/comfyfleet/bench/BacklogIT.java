package io.comfyfleet.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.comfyfleet.broker.BrokerExtension;
import io.comfyfleet.broker.VirtualHost;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(BrokerExtension.class)
class BacklogIT {

  private static final Map<String, Object> QUORUM = Map.of("x-queue-type", "quorum");

  /** The broker's figures are some seconds old. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void messagesThatWaitAndMessagesInHandAreBothSeen(VirtualHost host) throws Exception {
    var backlog = new Backlog(host.uri(), host.broker().managementUri());
    try (Connection connection = Amqp.connect(host.uri(), "backlog test", false);
        Channel channel = connection.createChannel()) {
      channel.queueDeclare("fleet.jobs.image", true, false, false, QUORUM);
      channel.queueDeclare("fleet.retry.1s", true, false, false, QUORUM);
      channel.queueDeclare("fleet.dead", true, false, false, QUORUM);
      channel.confirmSelect();
      channel.basicPublish("", "fleet.dead", null, new byte[1]);
      channel.waitForConfirmsOrDie(10_000);
      assertThat(backlog.lines()).isEmpty();

      channel.basicPublish("", "fleet.jobs.image", null, new byte[1]);
      channel.basicPublish("", "fleet.jobs.image", null, new byte[1]);
      channel.basicPublish("", "fleet.retry.1s", null, new byte[1]);
      channel.waitForConfirmsOrDie(10_000);
      assertThat(new Backlog(host.uri(), null).lines())
          .containsExactly("fleet.jobs.image: 2 ready", "fleet.retry.1s: 1 ready");

      long tag = channel.basicGet("fleet.jobs.image", false).getEnvelope().getDeliveryTag();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(backlog.lines())
                  .containsExactly(
                      "fleet.jobs.image: 1 ready, 1 in hand", "fleet.retry.1s: 1 ready"));

      channel.basicAck(tag, false);
      channel.queuePurge("fleet.jobs.image");
      channel.queuePurge("fleet.retry.1s");
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(backlog.lines()).isEmpty());
    }
  }
}
