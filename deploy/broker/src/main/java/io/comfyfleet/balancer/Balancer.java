package io.comfyfleet.balancer;

import io.comfyfleet.process.ChildProcess;
import io.comfyfleet.process.Command;
import io.comfyfleet.process.FreePorts;
import io.comfyfleet.process.ProcessFailed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A running nginx or HAProxy. Ends with this process. Safe for all threads. */
public final class Balancer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final ChildProcess process;
  private final int port;

  private Balancer(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one on a free port of loopback and returns when it takes connections.
   *
   * @param folder for its files and its log
   * @throws ProcessFailed when it does not start
   * @throws IllegalStateException when it is not installed
   */
  public static Balancer start(BalancerFile file, Path folder) {
    int port = FreePorts.onLoopback(1).getFirst();
    Path written = file.write(folder, port);
    String name = file.program().command();
    var command =
        new Command(name, file.program().words(written), Map.of(), folder.resolve(name + ".log"));
    Balancer balancer = new Balancer(ChildProcess.start(command), port);
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!balancer.takesConnections()) {
      balancer.process.requireAlive();
      if (System.nanoTime() > end) {
        balancer.close();
        throw new ProcessFailed(
            name + " took no connection on port " + port + " within " + START_LIMIT);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    return balancer;
  }

  /** Returns its address, without a slash at its end. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    process.stop(GRACE);
  }

  private boolean takesConnections() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
