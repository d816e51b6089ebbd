package io.comfyfleet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(BrokerExtension.class)
class BrokerIT {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void brokerTakesAndGivesMessages(VirtualHost host) throws Exception {
    try (Connection connection = connect(host.uri());
        Channel channel = connection.createChannel()) {
      channel.queueDeclare("letters", true, false, false, null);
      channel.confirmSelect();
      publish(channel, "hello");
      channel.waitForConfirmsOrDie(LIMIT.toMillis());

      byte[] body = channel.basicGet("letters", true).getBody();

      assertThat(body).asString().isEqualTo("hello");
      channel.queueDelete("letters");
    }
  }

  @Test
  void versionIsWhatTheServerSays(Broker broker) throws Exception {
    try (Connection connection = connect(broker.uri())) {
      assertThat(broker.version())
          .isEqualTo(connection.getServerProperties().get("version").toString())
          .matches("\\d+\\.\\d+\\.\\d+.*");
      assertThat(broker.description()).contains(broker.version()).doesNotContain("guest:guest");
    }
  }

  @Test
  void virtualHostMayBeTheFirstThingThatAConnectionIsUsedFor(Broker broker) {
    URI address = broker.managementUri();
    assumeTrue(address != null, "only our own broker's management API is known");
    var fresh = new ManagementApi(address.getHost(), address.getPort());

    fresh.createVirtualHost("first");

    fresh.deleteVirtualHost("first");
  }

  @Test
  void queuesOfOneVirtualHostAreNotSeenInAnother(Broker broker, VirtualHost host) throws Exception {
    assumeTrue(broker.isControllable(), "virtual hosts are made on our own broker only");
    broker.createVirtualHost("other / host");
    try (Connection connection = connect(host.uri());
        Connection other = connect(broker.uri("other / host"));
        Channel channel = connection.createChannel()) {
      channel.queueDeclare("mine", true, false, false, null);
      Channel stranger = other.createChannel();

      assertThatThrownBy(() -> stranger.queueDeclarePassive("mine")).hasStackTraceContaining("404");
    } finally {
      broker.deleteVirtualHost("other / host");
    }

    assertThatThrownBy(() -> connect(broker.uri("other / host")).close())
        .hasStackTraceContaining("530");
  }

  @Test
  void restartKeepsPortAndDurableMessages(Broker broker, VirtualHost host) throws Exception {
    assumeTrue(broker.isControllable(), "only our own broker is restarted");
    try (Connection connection = connect(host.uri());
        Channel channel = connection.createChannel()) {
      channel.queueDeclare("letters", true, false, false, null);
      channel.confirmSelect();
      publish(channel, "survivor");
      channel.waitForConfirmsOrDie(LIMIT.toMillis());
      broker.restart();
      await("the old connection is gone").atMost(LIMIT).until(() -> !connection.isOpen());
    } catch (com.rabbitmq.client.AlreadyClosedException expectedAfterRestart) {
      assertThat(expectedAfterRestart).hasStackTraceContaining("320");
    }

    try (Connection connection = connect(host.uri());
        Channel channel = connection.createChannel()) {
      assertThat(channel.basicGet("letters", true).getBody()).asString().isEqualTo("survivor");
    }
  }

  @Test
  void stoppedBrokerRefusesUntilItIsStartedAgain(Broker broker, VirtualHost host) throws Exception {
    assumeTrue(broker.isControllable(), "only our own broker is stopped");

    broker.stop();
    try {
      assertThatThrownBy(() -> connect(host.uri()).close()).isInstanceOf(Exception.class);
    } finally {
      broker.start();
    }

    connect(host.uri()).close();
  }

  @Test
  void closingAllConnectionsIsSeenByTheClient(Broker broker, VirtualHost host) throws Exception {
    assumeTrue(broker.isControllable(), "only our own broker closes connections");
    Connection connection = connect(host.uri());
    var closed = new CountDownLatch(1);
    connection.addShutdownListener(cause -> closed.countDown());

    broker.closeAllConnections();

    assertThat(closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(connection.getCloseReason()).hasStackTraceContaining("320");
  }

  @Test
  void memoryAlarmBlocksPublishersUntilItIsCleared(Broker broker, VirtualHost host)
      throws Exception {
    assumeTrue(broker.isControllable(), "alarms are raised on our own broker only");
    try (Connection connection = connect(host.uri());
        Channel channel = connection.createChannel()) {
      var blocked = new CountDownLatch(1);
      var unblocked = new CountDownLatch(1);
      connection.addBlockedListener(reason -> blocked.countDown(), unblocked::countDown);
      channel.queueDeclare("letters", true, false, false, null);

      broker.raiseMemoryAlarm();
      try {
        publish(channel, "pushed against the alarm");
        assertThat(blocked.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      } finally {
        broker.clearMemoryAlarm();
      }

      assertThat(unblocked.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Nested
  class InANestedClass {

    @Test
    void virtualHostIsThatOfTheOuterClass(Broker broker, VirtualHost host) {
      assumeTrue(broker.isControllable(), "a given broker has one virtual host");
      assertThat(host.name()).startsWith("BrokerIT-");
    }
  }

  private static Connection connect(String uri) throws Exception {
    var factory = new ConnectionFactory();
    factory.setUri(uri);
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection("broker-it");
  }

  private static void publish(Channel channel, String text) throws Exception {
    AMQP.BasicProperties persistent = MessageProperties.PERSISTENT_TEXT_PLAIN;
    channel.basicPublish("", "letters", persistent, text.getBytes(StandardCharsets.UTF_8));
  }
}
