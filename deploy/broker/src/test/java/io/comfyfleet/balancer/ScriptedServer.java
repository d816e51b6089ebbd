package io.comfyfleet.balancer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server that reads the head of a request and then does as it was told with the connection. */
final class ScriptedServer implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

  private final ServerSocket listener;
  private final Script script;
  private final AtomicInteger requests = new AtomicInteger();

  ScriptedServer(Script script) throws IOException {
    this.script = script;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::listen);
  }

  /** What happens after the head of a request; the connection is closed when it returns. */
  interface Script {
    void answer(Socket connection) throws IOException;
  }

  static Script saying(String text) {
    return connection -> {
      connection.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      connection.getOutputStream().flush();
    };
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** Requests that came for {@code /api/}; checks of health are none. */
  int requests() {
    return requests.get();
  }

  private void listen() {
    while (!listener.isClosed()) {
      try {
        Socket connection = listener.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      String head = head(connection.getInputStream());
      if (head.contains(" /actuator/")) {
        saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .answer(connection);
      } else if (head.contains(" /api/")) {
        Matcher length = LENGTH.matcher(head);
        if (length.find()) {
          // Unread bytes would be answered with a reset, by which nobody dies.
          connection.getInputStream().readNBytes(Integer.parseInt(length.group(1)));
        }
        requests.incrementAndGet();
        script.answer(connection);
      }
    } catch (IOException e) {
      // The balancer went away first.
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.append((char) next);
    }
    return head.toString();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
