package io.comfyfleet.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TcpProxyTest {

  private static final int QUIET_MS = 200;
  private static final int LIMIT_MS = 10_000;

  private ServerSocket server;
  private TcpProxy proxy;
  private Socket near;
  private Socket far;

  @BeforeEach
  void connect() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    proxy = new TcpProxy(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
    near = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    far = server.accept();
    far.setSoTimeout(LIMIT_MS);
    near.setSoTimeout(LIMIT_MS);
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    near.close();
    far.close();
    server.close();
  }

  @Test
  void bytesPassBothWays() throws IOException {
    near.getOutputStream().write(7);
    far.getOutputStream().write(8);

    assertThat(far.getInputStream().read()).isEqualTo(7);
    assertThat(near.getInputStream().read()).isEqualTo(8);
  }

  @Test
  void whatIsSentWhileItIsHeldArrivesAfterwards() throws IOException {
    proxy.hold();
    near.getOutputStream().write(7);
    far.setSoTimeout(QUIET_MS);
    assertThatThrownBy(() -> far.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);

    proxy.release();

    far.setSoTimeout(LIMIT_MS);
    assertThat(far.getInputStream().read()).isEqualTo(7);
  }

  @Test
  void endOfOneSideIsNotToldWhileItIsHeld() throws IOException {
    proxy.hold();
    near.close();
    far.setSoTimeout(QUIET_MS);
    assertThatThrownBy(() -> far.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);

    proxy.release();

    far.setSoTimeout(LIMIT_MS);
    assertThat(far.getInputStream().read()).isEqualTo(-1);
  }

  /** Whoever carries bytes sees one side end and ends the other, while the reset is under way. */
  @RepeatedTest(200)
  void resetIsAResetOnEitherSide() throws IOException {
    proxy.reset();

    assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
    assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(SocketException.class);
  }

  @RepeatedTest(50)
  void cutOneRefusesConnectionsUntilItIsMended() throws IOException {
    proxy.cut();

    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), proxy.port()))
        .isInstanceOf(ConnectException.class);
    assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);

    proxy.mend();

    assertThatNewConnectionPasses();
  }

  @Test
  void resetEndsBothSidesAndWelcomesNewConnections() throws IOException {
    near.getOutputStream().write(7);
    assertThat(far.getInputStream().read()).isEqualTo(7);

    proxy.reset();

    assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(IOException.class);
    assertThatNewConnectionPasses();
  }

  private void assertThatNewConnectionPasses() throws IOException {
    try (Socket again = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket taken = server.accept()) {
      taken.setSoTimeout(LIMIT_MS);
      again.getOutputStream().write(9);
      assertThat(taken.getInputStream().read()).isEqualTo(9);
    }
  }
}
