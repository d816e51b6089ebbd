package io.comfyfleet.process;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
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
 *   <li>While it is cut, new connections are refused as well.
 * </ol>
 */
public final class TcpProxy implements AutoCloseable {

  private static final int CONNECT_TIMEOUT_MS = 5000;
  private static final int WAITING_CONNECTIONS = 50;

  private final InetSocketAddress target;
  private final int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private boolean held;
  private long passes;
  private volatile ServerSocket server;
  private volatile Thread accepting;

  /**
   * Listens at once.
   *
   * @param target where connections go
   */
  @SuppressWarnings("NullAway.Init")
  public TcpProxy(InetSocketAddress target) {
    this.target = target;
    port = FreePorts.onLoopback(1).getFirst();
    mend();
  }

  /** The port of 127.0.0.1 that it listens on; the same for its whole life. */
  public int port() {
    return port;
  }

  /** From now on nothing passes. */
  public void hold() {
    synchronized (gate) {
      held = true;
    }
  }

  /** Lets what is on its way by now pass, and holds what comes after it, as before. */
  public void pass() {
    synchronized (gate) {
      passes++;
      gate.notifyAll();
    }
  }

  /** Lets everything pass again. */
  public void release() {
    synchronized (gate) {
      held = false;
      gate.notifyAll();
    }
  }

  /** Ends every connection with RST; new ones are welcome. */
  public void reset() {
    // Whoever carries bytes of a socket that is closed here closes the other one, and how that ends
    // must have been said by then.
    List<Socket> ending = List.copyOf(sockets);
    ending.forEach(TcpProxy::endsWithReset);
    ending.forEach(TcpProxy::close);
  }

  /** Ends every connection with RST and refuses new ones. */
  public void cut() {
    close(server);
    awaitEndOfListening();
    reset();
  }

  /** Takes connections again after a cut. */
  public void mend() {
    try {
      var socket = new ServerSocket(port, WAITING_CONNECTIONS, InetAddress.getLoopbackAddress());
      accepting = Thread.ofVirtual().name("proxy-accept").start(() -> accept(socket));
      server = socket;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot listen on port " + port + " for a proxy of " + target, e);
    }
  }

  @Override
  public void close() {
    cut();
    release();
  }

  /** A closed socket listens on until the thread that waits on it has noticed. */
  private void awaitEndOfListening() {
    try {
      accepting.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket near = from.accept();
        sockets.add(near);
        Thread.ofVirtual().name("proxy").start(() -> connect(near));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket near) {
    Socket far = new Socket();
    sockets.add(far);
    try {
      awaitOpen();
      far.connect(target, CONNECT_TIMEOUT_MS);
      far.setTcpNoDelay(true);
      near.setTcpNoDelay(true);
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
      long before = passes;
      while (held && passes == before) {
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
    for (Socket socket : List.of(one, other)) {
      sockets.remove(socket);
      close(socket);
    }
  }

  private static void endsWithReset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // It is closed already.
    }
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed already.
    }
  }
}
