package io.comfyfleet.bench;

import io.comfyfleet.process.FreePorts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A cable that can be cut: passes bytes between its own loopback port and another address. Safe for
 * all threads.
 *
 * <ol>
 *   <li>While it is held nothing passes and nobody is told, ends of connections included; what was
 *       sent meanwhile arrives afterwards, as TCP would send it again.
 *   <li>A reset ends every connection on both sides with RST.
 * </ol>
 */
final class TcpProxy implements AutoCloseable {

  private static final int CONNECT_TIMEOUT_MS = 5000;

  private final InetSocketAddress target;
  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private boolean held;

  /**
   * Listens at once.
   *
   * @param target where connections go
   */
  TcpProxy(InetSocketAddress target) {
    this.target = target;
    try {
      server =
          new ServerSocket(
              FreePorts.onLoopback(1).getFirst(), 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot listen for a proxy of " + target, e);
    }
    Thread.ofVirtual().name("proxy-accept").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** From now on nothing passes. */
  void hold() {
    synchronized (gate) {
      held = true;
    }
  }

  /** Lets everything pass again. */
  void release() {
    synchronized (gate) {
      held = false;
      gate.notifyAll();
    }
  }

  /** Ends every connection the hard way; new ones are welcome. */
  void reset() {
    sockets.forEach(socket -> {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (IOException e) {
        // It is closed already.
      }
    });
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // Nothing listens any more either way.
    }
    release();
    reset();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        sockets.add(near);
        Thread.ofVirtual().name("proxy").start(() -> connect(near));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket near) {
    Socket far = new Socket();
    try {
      awaitOpen();
      far.connect(target, CONNECT_TIMEOUT_MS);
      far.setTcpNoDelay(true);
      near.setTcpNoDelay(true);
      sockets.add(far);
      Thread.ofVirtual().name("proxy").start(() -> pump(far, near));
      pump(near, far);
    } catch (IOException e) {
      end(near, far);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[16 * 1024];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read; (read = in.read(buffer)) >= 0; ) {
        awaitOpen();
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One side is gone; the other is told below.
    }
    awaitOpen();
    end(from, to);
  }

  private void awaitOpen() {
    synchronized (gate) {
      while (held) {
        try {
          gate.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  private void end(Socket one, Socket other) {
    for (Socket socket : new Socket[] {one, other}) {
      sockets.remove(socket);
      try {
        socket.close();
      } catch (IOException e) {
        // It is closed already.
      }
    }
  }
}
