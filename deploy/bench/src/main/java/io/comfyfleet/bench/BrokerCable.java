package io.comfyfleet.bench;

import io.comfyfleet.process.TcpProxy;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;

/** One program's line to the broker, which can be hurt. Safe for all threads. */
final class BrokerCable implements AutoCloseable {

  private static final int AMQP_PORT = 5672;

  private final TcpProxy proxy;
  private final String uri;

  /**
   * @param brokerUri the broker's own address; an encrypted connection goes there directly, because
   *     its certificate names that host
   */
  BrokerCable(String brokerUri) {
    URI broker = URI.create(brokerUri);
    int port = broker.getPort() < 0 ? AMQP_PORT : broker.getPort();
    proxy = new TcpProxy(new InetSocketAddress(broker.getHost(), port));
    uri = "amqps".equals(broker.getScheme()) ? brokerUri : through(broker, proxy.port());
  }

  /** Where the program finds the broker. */
  String uri() {
    return uri;
  }

  /**
   * Hurts it.
   *
   * @param lasts how long nothing shall pass, until {@link #mend()}; zero resets the connections
   */
  void hurt(Duration lasts) {
    if (lasts.isZero()) {
      proxy.reset();
    } else {
      proxy.hold();
    }
  }

  /** Lets everything pass again. */
  void mend() {
    proxy.release();
  }

  @Override
  public void close() {
    proxy.close();
  }

  private static String through(URI broker, int port) {
    String user = broker.getRawUserInfo() == null ? "" : broker.getRawUserInfo() + "@";
    String query = broker.getRawQuery() == null ? "" : "?" + broker.getRawQuery();
    return broker.getScheme() + "://" + user + "127.0.0.1:" + port + broker.getRawPath() + query;
  }
}
