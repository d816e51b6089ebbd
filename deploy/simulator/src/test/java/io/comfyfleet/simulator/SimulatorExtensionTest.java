package io.comfyfleet.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SimulatorExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SimulatorExtensionTest {
  private static int portOfTheFirst;

  @Test
  @Order(1)
  void givesATestANodeThatListens(SimulatedComfyUi node) throws IOException {
    portOfTheFirst = node.port();

    try (Socket socket = new Socket("127.0.0.1", portOfTheFirst)) {
      assertThat(socket.isConnected()).isTrue();
    }
  }

  @Test
  @Order(2)
  void closesTheNodeAfterItsTest() {
    assertThatThrownBy(() -> new Socket("127.0.0.1", portOfTheFirst).close())
        .isInstanceOf(IOException.class);
  }
}
