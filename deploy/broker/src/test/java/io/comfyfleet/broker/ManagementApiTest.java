package io.comfyfleet.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class ManagementApiTest {

  @Test
  void callOverAConnectionThatTheServerHasEndedIsMadeAgain() throws Exception {
    List<String> calls = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          calls.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          if (calls.size() > 1) {
            exchange.sendResponseHeaders(204, -1);
          }
          exchange.close();
        });
    server.start();
    try {
      new ManagementApi("127.0.0.1", server.getAddress().getPort()).deleteVirtualHost("gone");

      assertThat(calls).containsExactly("DELETE /api/vhosts/gone", "DELETE /api/vhosts/gone");
    } finally {
      server.stop(0);
    }
  }
}
