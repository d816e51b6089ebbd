package io.comfyfleet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AmqpAddressTest {

  @Test
  void virtualHostIsReplacedAndEncoded() {
    AmqpAddress address = AmqpAddress.of("amqp://anna:secret@broker:5673/first");

    assertThat(address.withVirtualHost("a/b c").uri())
        .isEqualTo("amqp://anna:secret@broker:5673/a%2Fb%20c");
  }

  @Test
  void passwordIsNotPrinted() {
    assertThat(AmqpAddress.of("amqps://anna:secret@broker/fleet"))
        .hasToString("amqps://broker/fleet");
  }

  @Test
  void otherSchemesAreRefusedWithoutShowingThePassword() {
    assertThatThrownBy(() -> AmqpAddress.of("http://anna:secret@broker/fleet"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("amqp://user:password@host:5672/vhost")
        .hasMessageNotContaining("secret");
  }

  @Test
  void nobodyListeningIsToldWithTheAddress() {
    assertThatThrownBy(() -> AmqpAddress.of("amqp://anna:secret@127.0.0.1:1").serverVersion())
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("amqp://127.0.0.1:1")
        .hasMessageNotContaining("secret");
  }
}
