package io.comfyfleet.broker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokersTest {

  @TempDir Path folder;

  @Test
  void unknownKindIsRefusedNamingTheVariable() {
    var brokers = new Brokers(Map.of(Brokers.TEST_KIND, "podman"), text -> {});

    assertThatThrownBy(() -> brokers.findForTests(folder))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessage("FLEET_TEST_BROKER is \"podman\"; it must be container, local or absent");
  }

  @Test
  void givenUriIsUsedEvenWhenItDoesNotAnswer() {
    var brokers = new Brokers(Map.of(Brokers.TEST_URI, "amqp://127.0.0.1:1"), text -> {});

    assertThatThrownBy(() -> brokers.findForTests(folder))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("amqp://127.0.0.1:1 did not accept a connection");
  }
}
